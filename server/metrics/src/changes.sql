-- `change`: one row for each update and instance that differs between the end of day $3 and what is shown, without names.
-- `patch_key` is null where it is the instance. Follows update_states.sql.
,
-- The instances that were current then. Read from `main`, because the day that is shown overrides these tables.
instances_before AS (
    SELECT instance_key FROM (
        SELECT instance_key FROM main.instance WHERE gone_at IS NULL AND from_day <= $3
        UNION ALL
        SELECT instance_key FROM main.past_instance WHERE gone_at IS NULL AND from_day <= $3 AND until_day > $3
    )
    WHERE instance_key NOT IN (
        SELECT instance_key FROM main.instance_twin WHERE from_day <= $3
        UNION ALL
        SELECT instance_key FROM main.past_instance_twin WHERE from_day <= $3 AND until_day > $3
    )
),
-- The instances of accounts that changed owners since: they are compared with their state at that time.
taken_over AS (SELECT instance_key, owned_from FROM with_names WHERE owned_from >= ($3::DATE + 1)::TIMESTAMP),
update_change AS (
    SELECT
        CASE
            WHEN is_pending AND before LIKE 'Installed%' THEN 'regressed'
            WHEN after = 'Failed' AND before IS DISTINCT FROM 'Failed' THEN 'failed'
            WHEN is_pending AND NOT was_pending THEN 'new'
            WHEN was_pending AND after LIKE 'Installed%' THEN 'fixed'
            WHEN was_pending AND NOT is_pending THEN 'withdrawn'
        END AS kind,
        instance_key,
        patch_key,
        before,
        after
    FROM (
        SELECT
            *,
            coalesce(before IN {pending_states}, false) AS was_pending,
            coalesce(after IN {pending_states}, false) AS is_pending
        FROM {update_states}
    )
),
change AS (
    SELECT
        *,
        -- What needs work comes first.
        CASE kind
            WHEN 'regressed' THEN 0
            WHEN 'failed' THEN 1
            WHEN 'new' THEN 2
            WHEN 'fixed' THEN 3
            WHEN 'withdrawn' THEN 4
            WHEN 'machine_gone' THEN 5
            ELSE 6
        END AS kind_rank
    FROM (
        SELECT u.kind, u.instance_key, u.patch_key, u.before AS from_state, u.after AS to_state,
            NULL::TIMESTAMP AS happened_at
        FROM update_change u
        JOIN with_names f ON f.instance_key = u.instance_key
        WHERE u.kind IS NOT NULL AND f.gone_at IS NULL
        UNION ALL
        SELECT
            CASE WHEN f.gone_at IS NULL THEN 'machine_added' ELSE 'machine_gone' END,
            f.instance_key, NULL, NULL, NULL, coalesce(f.gone_at, f.first_seen_at)
        FROM with_names f
        LEFT JOIN instances_before b ON b.instance_key = f.instance_key
        LEFT JOIN taken_over o ON o.instance_key = f.instance_key
        WHERE (f.gone_at IS NULL) = coalesce(f.first_seen_at >= o.owned_from, b.instance_key IS NULL)
    )
)
