-- The days of the default service level and of the customers in scope that have their own.
SELECT p.customer_id, coalesce(c.customer_name, '') AS customer_name,
    coalesce(p.critical_days, d.critical_days) AS critical_days, coalesce(p.important_days, d.important_days) AS important_days,
    coalesce(p.moderate_days, d.moderate_days) AS moderate_days, coalesce(p.low_days, d.low_days) AS low_days,
    coalesce(p.unrated_days, d.unrated_days) AS unrated_days
FROM policy p
JOIN policy d ON d.customer_id = ''
LEFT JOIN (
    SELECT f.customer_id, min(f.customer_name) AS customer_name FROM region_state f WHERE true {filters} GROUP BY ALL
) c ON c.customer_id = p.customer_id
WHERE p.customer_id = '' OR c.customer_id IS NOT NULL
ORDER BY p.customer_id
