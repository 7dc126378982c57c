-- How many changes of each kind each account has, of those in which anything changed.
SELECT provider, account_id, account_name, customer_name,
    count(*) FILTER (kind = 'new'), count(*) FILTER (kind = 'failed'), count(*) FILTER (kind = 'regressed'),
    count(*) FILTER (kind = 'fixed'), count(*) FILTER (kind = 'withdrawn'),
    count(*) FILTER (kind = 'machine_added'), count(*) FILTER (kind = 'machine_gone')
FROM change_fact
WHERE true {filters}
GROUP BY provider, provider_rank, account_id, account_name, customer_name
ORDER BY provider_rank, provider, lower(account_name), account_id
