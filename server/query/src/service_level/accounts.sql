-- The accounts in scope, with or without pending updates.
SELECT DISTINCT f.account_id, f.provider, f.provider_rank, f.account_name, f.customer_id, f.customer_name
FROM region_state f
WHERE true {filters}
ORDER BY f.provider_rank, f.provider, lower(f.account_name), f.account_id
