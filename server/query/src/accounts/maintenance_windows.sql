-- An account's maintenance windows, the next one first, with their tasks and last execution.
SELECT w.window_id, w.name, w.region, w.enabled, w.schedule, w.schedule_timezone, greatest(w.duration_hours, 0) AS duration_hours,
    (
        SELECT count(*) FROM window_target t
        WHERE t.account_id = w.account_id AND t.region = w.region AND t.window_id = w.window_id
    ) AS targets,
    (
        SELECT coalesce(string_agg(coalesce(nullif(t.task_arn, ''), t.task_type), chr(10) ORDER BY t.priority, t.task_id), '')
        FROM window_task t
        WHERE t.account_id = w.account_id AND t.region = w.region AND t.window_id = w.window_id
    ) AS tasks,
    w.next_execution_at, x.started_at AS last_execution_at, coalesce(x.status, '') AS last_status
FROM maintenance_window w
JOIN region_state r ON r.account_id = w.account_id AND r.region = w.region
LEFT JOIN (
    SELECT account_id, region, window_id, max(started_at) AS started_at, arg_max(status, started_at) AS status
    FROM window_execution GROUP BY ALL
) x ON x.account_id = w.account_id AND x.region = w.region AND x.window_id = w.window_id AND x.started_at >= r.owned_from
WHERE true {filters}
ORDER BY w.next_execution_at ASC NULLS LAST, w.name, w.window_id, w.region
