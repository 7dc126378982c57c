-- How many current instances miss each patch, by account and Region.
SELECT i.account_id, i.region, u.patch_key, coalesce(p.title, '') AS title, coalesce(p.kb_id, '') AS kb_id,
    count(*) AS instances, max(u.severity) AS severity, min(i.instance_key) AS first_instance, min(u.first_seen_at) AS first_seen_at
FROM instance_update u
JOIN instance i ON i.instance_key = u.instance_key
LEFT JOIN patch p ON p.patch_key = u.patch_key
WHERE u.state = $1 AND i.gone_at IS NULL AND i.instance_key NOT IN (SELECT instance_key FROM instance_twin)
GROUP BY ALL
