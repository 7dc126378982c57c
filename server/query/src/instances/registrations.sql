-- An instance's other registrations: hybrid instances of the same account with the same computer name and platform
-- type. Two that are both current are two machines with equal names.
SELECT o.instance_id, o.region, o.registered_at, o.first_seen_at, o.gone_at,
    (coalesce(o.registered_at, o.first_seen_at), o.instance_key) < (coalesce(i.registered_at, i.first_seen_at), i.instance_key) AS earlier
FROM instances f
JOIN instance i ON i.instance_key = f.instance_key
JOIN instance o
    ON o.account_id = f.account_id AND o.computer_name = f.computer_name AND o.platform_type = f.platform_type
    AND o.instance_key <> f.instance_key
JOIN region_state r ON r.account_id = o.account_id AND r.region = o.region
WHERE f.computer_name <> '' AND f.instance_id LIKE 'mi-%' AND o.instance_id LIKE 'mi-%'
  AND (f.gone_at IS NOT NULL OR o.gone_at IS NOT NULL) AND (o.gone_at IS NULL OR o.gone_at >= r.owned_from) {filters}
ORDER BY coalesce(o.registered_at, o.first_seen_at) DESC, o.instance_key DESC
