INSERT INTO unsupported_system
SELECT instance_key, first_seen_at, first_seen_at::DATE FROM instance ORDER BY instance_key LIMIT 1;
UPDATE listed_instance l SET unsupported_at = u.unsupported_at
FROM unsupported_system u WHERE u.instance_key = l.instance_key;
