-- Every instance ever seen in scope with its names, as `named`. `gone_at IS NULL` are the current ones. Follows
-- region_state.sql.
,
-- Both tags at once: to look through all tags twice would take longer.
tagged AS (
    SELECT
        instance_key,
        any_value(value) FILTER (key = 'Name' AND value <> '') AS name,
        any_value(value) FILTER (key <> 'Name') AS patch_group_tag
    FROM tag
    WHERE key IN ('Name', 'Patch Group', 'PatchGroup')
    GROUP BY instance_key
),
named AS (
    SELECT
        i.* EXCLUDE (name),
        coalesce(t.name, nullif(i.name, ''), nullif(i.computer_name, ''), i.instance_id) AS name,
        t.patch_group_tag,
        r.provider,
        r.provider_rank,
        r.account_name,
        r.customer_id,
        r.customer_name,
        r.last_read_at,
        r.state_rank
    FROM instance i
    JOIN region_state r ON r.account_id = i.account_id AND r.region = i.region
    LEFT JOIN tagged t ON t.instance_key = i.instance_key
)
