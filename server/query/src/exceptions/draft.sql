-- The pending updates that a new exception would be about.
SELECT count(*)
FROM instances f
JOIN instance_update u ON u.instance_key = f.instance_key AND u.pending_since IS NOT NULL
WHERE f.gone_at IS NULL {filters}
