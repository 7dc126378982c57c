-- `changes`: one row for each update and instance that differs between the end of day $3 and what is shown. Follows
-- instance_names.sql.
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
-- The state of each changed update before its first transition and after its last.
changed_update AS (
    SELECT
        t.instance_key,
        t.patch_key,
        arg_min_null(t.from_state, t.scan_key) AS before,
        arg_max_null(t.to_state, t.scan_key) AS after,
        arg_max(t.happened_at, t.scan_key) AS happened_at,
        arg_max(t.severity, t.scan_key) AS severity
    FROM transition t
    JOIN scan c ON c.scan_key = t.scan_key
    WHERE c.seen_at >= ($3::DATE + 1)::TIMESTAMP_S AND t.scan_key NOT IN (FROM former_scan)
    GROUP BY t.instance_key, t.patch_key
),
update_change AS (
    SELECT
        CASE
            WHEN is_pending AND before LIKE 'Installed%' THEN 'regressed'
            WHEN after = 'Failed' AND before IS DISTINCT FROM 'Failed' THEN 'failed'
            WHEN is_pending AND NOT was_pending THEN 'new'
            WHEN was_pending AND after LIKE 'Installed%' THEN 'fixed'
            WHEN was_pending AND NOT is_pending THEN 'withdrawn'
        END AS kind,
        * EXCLUDE (was_pending, is_pending)
    FROM (
        SELECT
            *,
            coalesce(before IN {pending_states}, false) AS was_pending,
            coalesce(after IN {pending_states}, false) AS is_pending
        FROM changed_update
    )
),
changes AS (
    SELECT u.kind, u.happened_at, p.title, p.kb_id, u.severity, {severity_band} AS severity_band, u.before AS from_state,
        u.after AS to_state, f.*
    FROM update_change u
    JOIN with_names f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
    WHERE u.kind IS NOT NULL AND f.gone_at IS NULL
    UNION ALL
    SELECT
        CASE WHEN f.gone_at IS NULL THEN 'machine_added' ELSE 'machine_gone' END,
        coalesce(f.gone_at, f.first_seen_at), '', '', '', 'unrated', NULL, NULL, f.*
    FROM with_names f
    LEFT JOIN instances_before b ON b.instance_key = f.instance_key
    LEFT JOIN taken_over o ON o.instance_key = f.instance_key
    WHERE (f.gone_at IS NULL) = coalesce(f.first_seen_at >= o.owned_from, b.instance_key IS NULL)
)
