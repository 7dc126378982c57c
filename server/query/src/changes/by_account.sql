-- The number of changes of each kind, for each account with changes.
SELECT provider, account_id, account_name, customer_name,
    count(*) FILTER (kind = 'new'), count(*) FILTER (kind = 'failed'), count(*) FILTER (kind = 'regressed'),
    count(*) FILTER (kind = 'fixed'), count(*) FILTER (kind = 'withdrawn'),
    count(*) FILTER (kind = 'machine_added'), count(*) FILTER (kind = 'machine_gone')
FROM changes
WHERE true {filters}
GROUP BY provider, provider_rank, account_id, account_name, customer_name
ORDER BY provider_rank, provider, lower(account_name), account_id
