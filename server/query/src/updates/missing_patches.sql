-- The updates that are missing on most current instances.
SELECT coalesce(nullif(p.title, ''), p.kb_id) AS description, p.kb_id AS name, max(u.severity) AS severity,
    count(DISTINCT u.instance_key) AS instances, count(DISTINCT f.account_id) AS accounts,
    min(u.first_seen_at) AS first_seen_at
FROM instance_update u
JOIN instances f ON f.instance_key = u.instance_key
JOIN patch p ON p.patch_key = u.patch_key
WHERE u.state = 'Missing' AND f.gone_at IS NULL {filters}
GROUP BY p.title, p.kb_id
ORDER BY count(DISTINCT u.instance_key) DESC, p.title, p.kb_id
LIMIT 8
