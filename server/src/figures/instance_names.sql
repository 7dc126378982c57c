-- Every instance ever seen in scope with its names, as `named`. `gone_at IS NULL` are the current ones. Follows
-- region_state.sql.
,
name_tag AS (
    SELECT instance_key, any_value(value) AS name FROM tag WHERE key = 'Name' AND value <> '' GROUP BY ALL
),
named AS (
    SELECT
        i.* EXCLUDE (name),
        coalesce(t.name, nullif(i.name, ''), nullif(i.computer_name, ''), i.instance_id) AS name,
        r.provider,
        r.provider_rank,
        r.account_name,
        r.customer_id,
        r.customer_name,
        r.last_read_at,
        r.state_rank
    FROM instance i
    JOIN region_state r ON r.account_id = i.account_id AND r.region = i.region
    LEFT JOIN name_tag t ON t.instance_key = i.instance_key
)
