-- The customers for whom auditor links can be created, with the first day of which the portal has data of their accounts. An
-- account without instances has no row in `account_day`, and harvests are forgotten before days are.
, account_in_scope AS (
    SELECT DISTINCT account_id, customer_id, customer_name, owned_from::DATE AS owned_on FROM region_state
)
SELECT a.customer_id, any_value(a.customer_name) AS customer_name, min(d.day) AS first_day
FROM account_in_scope a
LEFT JOIN (
    SELECT account_id, day FROM account_day
    UNION ALL
    SELECT account_id, started_at::DATE FROM harvest WHERE outcome <> 'failed'
) d ON d.account_id = a.account_id AND d.day >= a.owned_on
GROUP BY a.customer_id
ORDER BY lower(any_value(a.customer_name)), a.customer_id
