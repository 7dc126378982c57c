-- `update_states`: the states of updates at the end of day $3 (`before`) and as shown (`after`), null where an update is
-- not reported. It has every update that is pending at one of both times and differs, and some that do not. Only rows
-- that are pending, or were replaced since, are read, so it does not depend on how much happened in between. Follows
-- instance_names.sql.
,
pending_update AS (SELECT instance_key, patch_key, state, changed_at FROM instance_update WHERE pending_since IS NOT NULL),
-- The rows that were valid then and are replaced by now. Read from `main`, because the day that is shown overrides the
-- table. Of those that were not pending, only patches that are pending now matter: this leaves few rows to join.
update_before AS (
    SELECT instance_key, patch_key, state, pending_since IS NOT NULL AS is_pending
    FROM main.past_instance_update
    WHERE from_day <= $3 AND until_day > $3
      AND (pending_since IS NOT NULL OR patch_key IN (SELECT DISTINCT patch_key FROM pending_update))
),
update_pair AS (
    SELECT
        coalesce(a.instance_key, b.instance_key) AS instance_key,
        coalesce(a.patch_key, b.patch_key) AS patch_key,
        b.state AS before,
        a.state AS after
    FROM update_before b
    FULL JOIN pending_update a ON a.instance_key = b.instance_key AND a.patch_key = b.patch_key
    -- What is pending and has no replaced row is either new or the same as then.
    WHERE CASE
        WHEN a.state IS NULL THEN b.is_pending
        ELSE b.state IS NOT NULL OR a.changed_at >= ($3::DATE + 1)::TIMESTAMP
    END
),
update_states AS (
    SELECT instance_key, patch_key, before, after FROM update_pair WHERE after IS NOT NULL
    UNION ALL
    SELECT b.instance_key, b.patch_key, b.before, a.state
    FROM (SELECT * FROM update_pair WHERE after IS NULL) b
    LEFT JOIN (
        SELECT instance_key, patch_key, state
        FROM instance_update
        WHERE changed_at >= ($3::DATE + 1)::TIMESTAMP AND pending_since IS NULL
    ) a ON a.instance_key = b.instance_key AND a.patch_key = b.patch_key
)
