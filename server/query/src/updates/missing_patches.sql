-- The updates that are missing on most current instances.
SELECT p.title, p.kb_id, max(u.severity), count(DISTINCT u.instance_key), count(DISTINCT f.account_id),
    min(u.first_seen_at)
FROM instance_update u
JOIN instances f ON f.instance_key = u.instance_key
JOIN patch p ON p.patch_key = u.patch_key
WHERE u.state = 'Missing' AND f.gone_at IS NULL {filters}
GROUP BY p.title, p.kb_id
ORDER BY count(DISTINCT u.instance_key) DESC, p.title, p.kb_id
LIMIT 8
