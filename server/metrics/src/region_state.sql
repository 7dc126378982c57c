-- `region_state`: every account and Region in scope with the state of its harvest. `owned_from` is when the account
-- last changed owners, or -infinity if it never did; nothing before is shown.
WITH region_state AS (
    SELECT
        r.* EXCLUDE (last_outcome),
        coalesce(o.until_at, '-infinity'::TIMESTAMP) AS owned_from,
        -- Follows the order of `HarvestState`, so that an account has the state of its worst Region.
        CASE
            WHEN r.last_read_at IS NULL THEN 4
            WHEN r.last_outcome = 'failed' THEN 3
            WHEN r.last_read_at < $2 THEN 2
            WHEN r.last_outcome = 'partial' THEN 1
            ELSE 0
        END AS state_rank
    FROM listed_region r
    LEFT JOIN (
        SELECT account_id, max(until_at) AS until_at
        FROM former_owner
        WHERE NOT contains($1::VARCHAR, chr(31) || customer_id || chr(31))
        GROUP BY account_id
    ) o ON o.account_id = r.account_id
    WHERE $1 IS NULL OR contains($1::VARCHAR, chr(31) || r.customer_id || chr(31))
)
