-- The instances of each customer and those up to date, by recorded day from {from} to {to}.
SELECT a.customer_id, d.day, sum(d.up_to_date)::BIGINT AS up_to_date, sum(d.instances)::BIGINT AS instances
FROM account_day d
JOIN (SELECT DISTINCT account_id, customer_id, owned_from FROM region_state f WHERE true {filters}) a
    ON a.account_id = d.account_id AND a.owned_from::DATE <= d.day
WHERE d.day BETWEEN {from} AND {to}
GROUP BY a.customer_id, d.day
ORDER BY a.customer_id, d.day
