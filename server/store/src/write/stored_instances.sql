-- Every stored instance of an account and Region, current or gone.
SELECT i.instance_id, i.instance_key, i.first_seen_at, i.gone_at, coalesce(i.instance_state, ''), g.last_ping_at
FROM instance i
LEFT JOIN instance_ping g ON g.instance_key = i.instance_key
WHERE i.account_id = $1 AND i.region = $2
