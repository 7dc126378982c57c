-- Every instance ever seen in scope with its names, as `named`. `gone_at IS NULL` are the current ones. Follows
-- region_state.sql.
,
named AS (
    SELECT
        i.*,
        r.provider,
        r.provider_rank,
        r.account_name,
        r.customer_id,
        r.customer_name,
        r.last_read_at,
        r.state_rank
    FROM listed_instance i
    JOIN region_state r ON r.account_id = i.account_id AND r.region = i.region
)
