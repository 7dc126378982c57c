-- Every schedule in scope with its zone and, of a window, its next execution by AWS.
SELECT DISTINCT f.schedule, f.schedule_timezone, f.next_execution_at
FROM (
    SELECT r.customer_id, r.provider, r.account_id, p.schedule, p.schedule_timezone, p.next_execution_at
    FROM (
        SELECT account_id, region, schedule, schedule_timezone, next_execution_at
        FROM maintenance_window
        WHERE enabled AND next_execution_at IS NOT NULL
        UNION ALL
        SELECT account_id, region, unnest([scan_schedule, install_schedule]), 'UTC', NULL
        FROM patch_policy
        WHERE is_target
    ) p
    JOIN region_state r ON r.account_id = p.account_id AND r.region = p.region
    WHERE p.schedule <> ''
) f
WHERE true {filters}
