-- The instances of an id, with what their lists show of them.
SELECT f.instance_key, f.instance_id, f.account_id, f.region, nullif(f.owned_from, '-infinity'::TIMESTAMP) AS owned_from,
    f.name, f.provider, f.account_name, f.customer_id, f.platform_type, f.platform_name, f.uses_apt, f.first_seen_at, f.gone_at,
    f.instance_key AS history_key {further_columns}
FROM instances f
WHERE true {filters}
