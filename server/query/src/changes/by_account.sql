-- The number of changes of each kind, for each account with changes.
SELECT provider, account_id, account_name, customer_name,
    count(*) FILTER (kind = 'new') AS new, count(*) FILTER (kind = 'failed') AS failed,
    count(*) FILTER (kind = 'regressed') AS regressed, count(*) FILTER (kind = 'fixed') AS fixed,
    count(*) FILTER (kind = 'withdrawn') AS withdrawn,
    count(*) FILTER (kind = 'machine_added') AS machine_added, count(*) FILTER (kind = 'machine_gone') AS machine_gone
FROM changes
WHERE true {filters}
GROUP BY provider, provider_rank, account_id, account_name, customer_name
ORDER BY provider_rank, provider, lower(account_name), account_id
