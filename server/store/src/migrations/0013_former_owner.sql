CREATE TABLE former_owner (
    account_id  VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    until_at    TIMESTAMP NOT NULL
);
-- Of earlier changes only the days are known.
INSERT INTO former_owner
SELECT account_id, customer_id, until_day::TIMESTAMP
FROM (
    SELECT *, lead(customer_id) OVER (PARTITION BY account_id ORDER BY from_day) AS next_owner
    FROM (
        SELECT account_id, customer_id, from_day, until_day FROM past_account
        UNION ALL SELECT account_id, customer_id, from_day, NULL FROM account
    )
)
WHERE next_owner <> customer_id;
