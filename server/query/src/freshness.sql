-- The age of the figures in scope.
, account_state AS (
    SELECT account_id, max(state_rank) AS state_rank, min(last_read_at) AS oldest, max(last_read_at) AS newest
    FROM region_state
    WHERE true {filters}
    GROUP BY account_id
)
SELECT max(newest) AS newest_harvest_at, min(oldest) AS oldest_harvest_at, count(*) AS accounts,
    -- In the order of `HarvestState`.
    count(*) FILTER (state_rank = 0) AS accounts_fresh, count(*) FILTER (state_rank = 1) AS accounts_partial,
    count(*) FILTER (state_rank = 2) AS accounts_stale, count(*) FILTER (state_rank = 3) AS accounts_failing,
    count(*) FILTER (state_rank = 4) AS accounts_never
FROM account_state
