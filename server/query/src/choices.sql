-- The values that filters offer, each with the number of current instances that it selects.
SELECT kind, code, label, instances FROM (
SELECT 'customer' AS kind, customer_id AS code, any_value(customer_name) AS label, count(*) AS instances,
    0 AS rank FROM instances WHERE gone_at IS NULL GROUP BY customer_id
UNION ALL
SELECT 'provider', provider, provider, count(*), any_value(provider_rank) FROM instances WHERE gone_at IS NULL GROUP BY provider
UNION ALL
SELECT 'account', account_id, any_value(account_name), count(*), 0 FROM instances WHERE gone_at IS NULL GROUP BY account_id
UNION ALL
SELECT 'platform', platform_name, platform_name, count(*), 0 FROM instances WHERE gone_at IS NULL GROUP BY platform_name
UNION ALL
SELECT 'patch_group', patch_group, patch_group, count(*), 0 FROM instances WHERE gone_at IS NULL GROUP BY patch_group
)
ORDER BY kind, rank, lower(label), code
