-- The patches that fix some CVEs or have some KB ids, with the operating systems of the instances that report them.
SELECT DISTINCT c.cve, p.patch_key, p.title, p.kb_id, f.platform_name, f.platform_version
FROM (
    SELECT cve, patch_key FROM patch_cve
    UNION ALL
    SELECT upper(kb_id), patch_key FROM patch
) c
JOIN patch p ON p.patch_key = c.patch_key
JOIN instance_update u ON u.patch_key = p.patch_key
JOIN instances f ON f.instance_key = u.instance_key
WHERE f.gone_at IS NULL {filters}
