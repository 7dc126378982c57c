-- The accounts in scope, with or without pending updates, and the harvest state of their worst Region.
SELECT account_id, provider, account_name, customer_id, customer_name, harvest_state
FROM (
    SELECT account_id, provider, provider_rank, account_name, customer_id, customer_name, max(state_rank) AS harvest_state
    FROM region_state f
    WHERE true {filters}
    GROUP BY ALL
) a
ORDER BY provider_rank, provider, lower(account_name), account_id
