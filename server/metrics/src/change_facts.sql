-- What changed between the end of day $3 and what is shown, as `change_fact`, a row for each update and machine that differs.
-- Follows instance_names.sql.
,
-- The machines that were there. The tables themselves, because those of the day that is shown hide them.
there_before AS (
    SELECT instance_key FROM main.instance WHERE gone_at IS NULL AND from_day <= $3
    UNION ALL
    SELECT instance_key FROM main.past_instance WHERE gone_at IS NULL AND from_day <= $3 AND until_day > $3
),
-- Those of accounts that changed hands since, with when: of them is compared what was there then.
taken_over AS (SELECT instance_key, owned_from FROM named WHERE owned_from >= ($3::DATE + 1)::TIMESTAMP),
-- The state of each update that moved, before its first transition and after its last.
moved AS (
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
            WHEN before LIKE 'Installed%' AND after IN ('Missing', 'Failed') THEN 'regressed'
            WHEN after = 'Failed' AND before IS DISTINCT FROM 'Failed' THEN 'failed'
            WHEN after = 'Missing' AND (before IS NULL OR before NOT IN ('Missing', 'Failed')) THEN 'new'
            WHEN before IN ('Missing', 'Failed') AND after LIKE 'Installed%' THEN 'fixed'
            WHEN before IN ('Missing', 'Failed') AND (after IS NULL OR after NOT IN ('Missing', 'Failed')) THEN 'withdrawn'
        END AS kind,
        *
    FROM moved
),
change_fact AS (
    SELECT u.kind, u.happened_at, p.title, p.kb_id, u.severity, u.before AS from_state, u.after AS to_state, f.*
    FROM update_change u
    JOIN named f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
    WHERE u.kind IS NOT NULL AND f.gone_at IS NULL
    UNION ALL
    SELECT
        CASE WHEN f.gone_at IS NULL THEN 'machine_added' ELSE 'machine_gone' END,
        coalesce(f.gone_at, f.first_seen_at), '', '', '', NULL, NULL, f.*
    FROM named f
    LEFT JOIN there_before b ON b.instance_key = f.instance_key
    LEFT JOIN taken_over o ON o.instance_key = f.instance_key
    WHERE (f.gone_at IS NULL) = coalesce(f.first_seen_at >= o.owned_from, b.instance_key IS NULL)
)
