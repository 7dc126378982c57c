-- The updates of one instance, pending ones first.
SELECT
    u.state, p.title, u.classification, p.kb_id, u.severity, u.installed_at, i.instance_id, a.account_id,
    a.account_name, u.cve_ids, u.first_seen_at, u.changed_at, count(*) OVER () AS total
FROM instance i
JOIN account a ON a.account_id = i.account_id
JOIN instance_update u ON u.instance_key = i.instance_key
JOIN patch p ON p.patch_key = u.patch_key
WHERE i.instance_id = {instance}
ORDER BY
    CASE u.state WHEN 'Failed' THEN 5 WHEN 'Missing' THEN 4 WHEN 'InstalledPendingReboot' THEN 3 ELSE 0 END DESC,
    CASE lower(u.severity) WHEN 'critical' THEN 4 WHEN 'important' THEN 3 WHEN 'moderate' THEN 2 WHEN 'low' THEN 1
        ELSE 0 END DESC,
    u.installed_at DESC NULLS LAST, p.title, p.kb_id
LIMIT 50
