-- The values that filters offer, each with the number of current instances that it selects.
SELECT
    CASE
        WHEN grouping(customer_id) = 0 THEN 'customer'
        WHEN grouping(provider) = 0 THEN 'provider'
        WHEN grouping(account_id) = 0 THEN 'account'
        WHEN grouping(platform_name) = 0 THEN 'platform'
        ELSE 'patch_group'
    END AS kind,
    -- All columns but the one of the group are null.
    coalesce(customer_id, provider, account_id, platform_name, patch_group) AS code,
    CASE kind
        WHEN 'customer' THEN any_value(customer_name)
        WHEN 'account' THEN any_value(account_name)
        ELSE code
    END AS label,
    count(*) AS instances
FROM instances
WHERE gone_at IS NULL
GROUP BY GROUPING SETS (customer_id, provider, account_id, platform_name, patch_group)
ORDER BY kind, CASE kind WHEN 'provider' THEN any_value(provider_rank) END, lower(label), code
