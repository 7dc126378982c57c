-- Each day's figures over the accounts in scope, the newest 120 days with a record.
, account_in_scope AS (
    SELECT DISTINCT account_id, customer_id, provider FROM region_state
)
SELECT * FROM (
    SELECT d.day, sum(d.pending_os_updates)::BIGINT, sum(d.instances)::BIGINT, sum(d.up_to_date)::BIGINT
    FROM account_day d
    JOIN account_in_scope a ON a.account_id = d.account_id
    WHERE true {filters}
    GROUP BY d.day
    ORDER BY d.day DESC
    LIMIT 120
)
ORDER BY day
