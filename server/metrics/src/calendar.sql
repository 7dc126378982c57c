-- `calendar`: every start of a maintenance window or patch policy in scope within some days, with what it will meet or how
-- it ended. Follows targeted_instances.sql.
--
-- The starts of schedules are computed outside SQL: a line each, with the schedule, its zone, the next execution by AWS and
-- the start, the latter two in microseconds since 1970.
, schedule_start AS (
    SELECT parts[1] AS schedule, parts[2] AS schedule_timezone, parts[3]::BIGINT AS next_us, make_timestamp(parts[4]::BIGINT) AS starts_at
    FROM (SELECT string_split(unnest(string_split({occurrences}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 4
),
window_start AS (
    SELECT w.account_id, w.region, w.window_id, w.name, w.schedule, w.schedule_timezone, w.duration_hours, w.cutoff_hours, s.starts_at
    FROM maintenance_window w
    JOIN schedule_start s ON s.schedule = w.schedule AND s.schedule_timezone = w.schedule_timezone
        AND s.next_us = epoch_us(w.next_execution_at)
    WHERE w.enabled
),
-- Since which day each window has had its schedule: a version is valid from the end of its day on.
scheduled AS (
    SELECT w.account_id, w.region, w.window_id,
        greatest(
            min(v.from_day),
            max(v.until_day) FILTER (
                v.until_day <= {now}::DATE
                AND (v.schedule <> w.schedule OR v.schedule_timezone <> w.schedule_timezone OR NOT v.enabled)
            )
        ) AS since_day
    FROM maintenance_window w
    JOIN (
        SELECT account_id, region, window_id, schedule, schedule_timezone, enabled, from_day, NULL::DATE AS until_day
        FROM main.maintenance_window
        UNION ALL
        SELECT account_id, region, window_id, schedule, schedule_timezone, enabled, from_day, until_day
        FROM main.past_maintenance_window
    ) v ON v.account_id = w.account_id AND v.region = w.region AND v.window_id = w.window_id
    WHERE v.from_day <= {now}::DATE
    GROUP BY ALL
),
-- An execution belongs to the last start before it, within the duration of the window. AWS starts a little late; clocks differ.
execution AS (
    SELECT x.*, s.starts_at AS planned_at,
        coalesce(x.started_at < s.starts_at + to_hours(greatest(s.duration_hours, 1)), false) AS is_planned
    FROM (
        SELECT x.account_id, x.region, x.window_id, x.status, x.started_at, x.ended_at,
            x.started_at + INTERVAL 5 MINUTE AS latest_start
        FROM window_execution x
        JOIN region_state r ON r.account_id = x.account_id AND r.region = x.region
        WHERE x.started_at >= greatest({from_at}::TIMESTAMP - INTERVAL 1 DAY, r.owned_from)
          AND x.started_at < {until_at}::TIMESTAMP + INTERVAL 1 DAY
    ) x
    ASOF LEFT JOIN window_start s
        ON s.account_id = x.account_id AND s.region = x.region AND s.window_id = x.window_id AND s.starts_at <= x.latest_start
),
entry AS (
    SELECT 'window' AS kind, s.account_id, s.region, s.window_id AS id, s.name, s.schedule, s.schedule_timezone,
        s.duration_hours, s.cutoff_hours, s.starts_at, x.started_at, x.ended_at, x.status
    FROM window_start s
    LEFT JOIN scheduled d ON d.account_id = s.account_id AND d.region = s.region AND d.window_id = s.window_id
    LEFT JOIN (
        SELECT account_id, region, window_id, planned_at, last.started_at, last.ended_at, last.status
        FROM (
            SELECT account_id, region, window_id, planned_at,
                arg_max({'started_at': started_at, 'ended_at': ended_at, 'status': status}, started_at) AS last
            FROM execution
            WHERE is_planned
            GROUP BY account_id, region, window_id, planned_at
        )
    ) x ON x.account_id = s.account_id AND x.region = s.region AND x.window_id = s.window_id AND x.planned_at = s.starts_at
    -- Before it had this schedule, it started at other times.
    WHERE x.status IS NOT NULL OR s.starts_at > {now} OR s.starts_at::DATE > d.since_day
    UNION ALL
    SELECT 'window', x.account_id, x.region, x.window_id, coalesce(w.name, x.window_id), '', '', coalesce(w.duration_hours, 0),
        coalesce(w.cutoff_hours, 0), x.started_at, x.started_at, x.ended_at, x.status
    FROM execution x
    LEFT JOIN maintenance_window w ON w.account_id = x.account_id AND w.region = x.region AND w.window_id = x.window_id
    WHERE NOT x.is_planned
    UNION ALL
    SELECT 'policy_' || p.operation, p.account_id, p.region, p.configuration_id, p.name, p.schedule, 'UTC', 0, 0, s.starts_at,
        NULL, NULL, NULL
    FROM (
        SELECT account_id, region, configuration_id, name, 'scan' AS operation, scan_schedule AS schedule
        FROM patch_policy
        WHERE is_target
        UNION ALL
        SELECT account_id, region, configuration_id, name, 'install', install_schedule
        FROM patch_policy
        WHERE is_target AND operation = 'ScanAndInstall'
    ) p
    JOIN schedule_start s ON s.schedule = p.schedule AND s.schedule_timezone = 'UTC' AND s.next_us = 0
    LEFT JOIN (
        SELECT account_id, region, configuration_id, min(from_day) AS since_day
        FROM (
            SELECT account_id, region, configuration_id, from_day FROM main.patch_policy
            UNION ALL
            SELECT account_id, region, configuration_id, from_day FROM main.past_patch_policy
        )
        GROUP BY ALL
    ) d ON d.account_id = p.account_id AND d.region = p.region AND d.configuration_id = p.configuration_id
    WHERE s.starts_at > {now} OR s.starts_at::DATE > d.since_day
),
target AS (
    SELECT m.account_id, m.region, m.id,
        count(*) AS instances,
        min(f.first_seen_at) AS first_seen_at,
        sum(f.pending_os_updates)::BIGINT AS pending_updates,
        count(*) FILTER (f.pending_os_updates > 0) AS pending_instances,
        sum(f.available_security_updates)::BIGINT AS waiting_updates,
        count(*) FILTER (f.pending_os_updates + f.pending_reboot > 0 AND t.reboot_option = 'RebootIfNeeded') AS reboot_instances
    FROM targeted_instance m
    JOIN instances f ON f.instance_key = m.instance_key AND f.gone_at IS NULL
    LEFT JOIN patch_state t ON t.instance_key = m.instance_key
    GROUP BY ALL
),
record AS (
    SELECT x.account_id, x.region, x.window_id,
        count(*) AS executions,
        count(*) FILTER (x.status <> 'SUCCESS') AS failed_executions,
        median(epoch(x.ended_at - x.started_at)) / 60 AS usual_minutes
    FROM window_execution x
    JOIN region_state r ON r.account_id = x.account_id AND r.region = x.region AND x.started_at >= r.owned_from
    WHERE x.ended_at IS NOT NULL
    GROUP BY ALL
),
outcome AS (
    SELECT x.account_id, x.region, x.window_id, x.started_at,
        count(*) AS results,
        count(*) FILTER (v.status = 'Success') AS succeeded_results
    FROM execution x
    JOIN window_instance m ON m.account_id = x.account_id AND m.region = x.region AND m.window_id = x.window_id
    JOIN instances f ON f.instance_key = m.instance_key
    JOIN invocation v ON v.account_id = f.account_id AND v.region = f.region AND v.instance_id = f.instance_id
    WHERE v.requested_at >= greatest(x.started_at, f.owned_from) AND v.requested_at <= coalesce(x.ended_at, {now})
      AND v.requested_at >= {from_at} - INTERVAL 1 DAY
    GROUP BY ALL
),
calendar AS (
    SELECT
        e.* EXCLUDE (ends_at),
        r.provider, r.account_name, r.customer_id, r.customer_name,
        CASE
            WHEN e.status = 'SUCCESS' THEN 'succeeded'
            -- What nothing has been read of since its end may have ended in any way.
            WHEN e.status IN ('PENDING', 'IN_PROGRESS', 'CANCELLING') AND (e.ends_at > {now} OR a.slow_cycle_at > e.ends_at) THEN 'running'
            WHEN e.status IN ('PENDING', 'IN_PROGRESS', 'CANCELLING') THEN 'unknown'
            WHEN e.status IS NOT NULL THEN 'failed'
            WHEN e.starts_at > {now} THEN 'planned'
            -- Policies have no executions of their own, and not every harvest reads those of windows.
            WHEN e.kind = 'window' AND t.first_seen_at <= e.starts_at AND a.slow_cycle_at > e.ends_at THEN 'missed'
            ELSE 'unknown'
        END AS state,
        coalesce(t.instances, 0) AS instances,
        coalesce(t.pending_updates, 0) AS pending_updates,
        coalesce(t.pending_instances, 0) AS pending_instances,
        coalesce(t.waiting_updates, 0) AS waiting_updates,
        coalesce(t.reboot_instances, 0) AS reboot_instances,
        c.usual_minutes,
        coalesce(c.executions, 0) AS executions,
        coalesce(c.failed_executions, 0) AS failed_executions,
        coalesce(o.results, 0) AS results,
        coalesce(o.succeeded_results, 0) AS succeeded_results
    FROM (SELECT *, starts_at + to_hours(greatest(duration_hours, 1)) AS ends_at FROM entry) e
    JOIN region_state r ON r.account_id = e.account_id AND r.region = e.region
    JOIN account_region a ON a.account_id = e.account_id AND a.region = e.region
    LEFT JOIN target t ON t.account_id = e.account_id AND t.region = e.region AND t.id = e.id
    LEFT JOIN record c ON c.account_id = e.account_id AND c.region = e.region AND c.window_id = e.id
    LEFT JOIN outcome o ON o.account_id = e.account_id AND o.region = e.region AND o.window_id = e.id AND o.started_at = e.started_at
    WHERE e.starts_at >= {from_at} AND e.starts_at < {until_at}
)
