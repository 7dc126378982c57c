-- `region_state`: every account and Region in scope with the state of its harvest. `owned_from` is when the account
-- last changed owners, or -infinity if it never did; nothing before is shown.
WITH region_state AS (
    SELECT
        a.account_id,
        a.provider,
        a.provider_rank,
        a.account_name,
        a.customer_id,
        a.customer_name,
        a.systems_account,
        r.region,
        r.last_good_at,
        r.last_read_at,
        r.last_tried_at,
        r.last_harvest_id,
        coalesce(o.until_at, '-infinity'::TIMESTAMP) AS owned_from,
        -- Follows the order of `HarvestState`, so that an account has the state of its worst Region.
        CASE
            WHEN r.last_read_at IS NULL THEN 4
            WHEN h.outcome = 'failed' THEN 3
            WHEN r.last_read_at < $2 THEN 2
            WHEN h.outcome = 'partial' THEN 1
            ELSE 0
        END AS state_rank
    FROM account_region r
    JOIN account a ON a.account_id = r.account_id
    LEFT JOIN harvest h ON h.harvest_id = r.last_harvest_id
    LEFT JOIN (
        SELECT account_id, max(until_at) AS until_at
        FROM former_owner
        WHERE NOT contains($1::VARCHAR, chr(31) || customer_id || chr(31))
        GROUP BY account_id
    ) o ON o.account_id = a.account_id
    WHERE r.removed_at IS NULL AND a.removed_at IS NULL AND ($1 IS NULL OR contains($1::VARCHAR, chr(31) || a.customer_id || chr(31)))
)
