-- The updates that are missing on most instances.
SELECT
    p.title, p.kb_id, max(u.severity) AS severity, count(DISTINCT u.instance_key) AS instances,
    count(DISTINCT i.account_id) AS accounts, min(u.first_seen_at) AS first_seen_at
FROM instance_update u
JOIN instance i ON i.instance_key = u.instance_key
JOIN account a ON a.account_id = i.account_id
JOIN patch p ON p.patch_key = u.patch_key
WHERE u.state = 'Missing' AND i.gone_at IS NULL AND a.removed_at IS NULL
GROUP BY p.title, p.kb_id
ORDER BY count(DISTINCT u.instance_key) DESC, p.title, p.kb_id
LIMIT 8
