-- A page of updates of current instances, those that need work first, and the number of all that match.
SELECT
    u.state, p.title, u.classification, p.kb_id, u.severity, u.installed_at, i.instance_id, i.name, a.provider,
    a.account_id, a.account_name, i.region, u.cve_ids, u.first_seen_at, u.changed_at, u.pending_since,
    count(*) OVER () AS total
FROM instance_update u
JOIN patch p ON p.patch_key = u.patch_key
JOIN listed_instance i ON i.instance_key = u.instance_key
JOIN account a ON a.account_id = i.account_id
WHERE a.removed_at IS NULL AND i.gone_at IS NULL AND {filter}
ORDER BY
    CASE u.state WHEN 'Failed' THEN 5 WHEN 'Missing' THEN 4 WHEN 'InstalledPendingReboot' THEN 3 ELSE 0 END DESC,
    CASE lower(u.severity) WHEN 'critical' THEN 4 WHEN 'important' THEN 3 WHEN 'moderate' THEN 2 WHEN 'low' THEN 1
        ELSE 0 END DESC,
    u.installed_at DESC NULLS LAST, p.title, p.kb_id, i.name, i.instance_id
LIMIT {rows} OFFSET {offset}
