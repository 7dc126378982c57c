-- The age of the figures in scope.
, account_state AS (
    SELECT account_id, max(state_rank) AS state_rank, min(last_read_at) AS oldest, max(last_read_at) AS newest
    FROM region_state
    WHERE true {filters}
    GROUP BY account_id
)
SELECT max(newest), min(oldest), count(*), count(*) FILTER (state_rank = 0), count(*) FILTER (state_rank > 0)
FROM account_state
