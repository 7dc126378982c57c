-- `coverage`: every instance ever seen in scope in exactly one class of coverage. Follows window_instances.sql.
, in_window AS (
    SELECT DISTINCT m.instance_key
    FROM window_instance m
    JOIN patching_window w ON w.account_id = m.account_id AND w.region = m.region AND w.window_id = m.window_id
),
end_of_life AS (
    SELECT platform_name, platform_version, {end_of_life} AS supported_until
    FROM (SELECT DISTINCT platform_name, platform_version FROM instances)
),
coverage AS (
    SELECT
        f.*,
        -- The first condition that holds decides.
        CASE
            WHEN instance_state = 'duplicate' THEN 'duplicate'
            WHEN f.gone_at IS NOT NULL THEN 'gone'
            WHEN instance_state = 'unreadable' THEN 'account_unread'
            WHEN instance_state = 'stopped' THEN 'stopped'
            WHEN instance_state = 'agent_lost' THEN 'agent_lost'
            WHEN patch_status = 'unsupported' THEN 'unsupported'
            WHEN e.supported_until < {today} THEN 'end_of_life'
            WHEN patch_status = 'no_data' THEN 'never_scanned'
            WHEN w.instance_key IS NULL AND p.instance_key IS NULL THEN 'no_window'
            WHEN patch_status = 'stale' THEN 'not_scanned_lately'
            -- Whether the task of a window scans or installs is not read, so a run has to show it.
            WHEN p.instance_key IS NULL AND f.run_status IS NULL THEN 'not_patched_lately'
            ELSE 'on_schedule'
        END AS coverage,
        CASE coverage
            WHEN 'duplicate' THEN f.gone_at
            WHEN 'gone' THEN f.gone_at
            WHEN 'account_unread' THEN f.last_harvest_at
            WHEN 'stopped' THEN f.last_ping_at
            WHEN 'agent_lost' THEN f.last_ping_at
            WHEN 'end_of_life' THEN (e.supported_until + 1)::TIMESTAMP
            WHEN 'never_scanned' THEN coalesce(f.registered_at, f.first_seen_at)
            WHEN 'not_scanned_lately' THEN f.last_scan_at
            WHEN 'on_schedule' THEN CASE WHEN f.run_status IS NULL THEN f.last_scan_at ELSE f.run_requested_at END
        END AS since
    FROM instances f
    LEFT JOIN end_of_life e ON e.platform_name = f.platform_name AND e.platform_version = f.platform_version
    LEFT JOIN in_window w ON w.instance_key = f.instance_key
    -- A policy that only scans, or of which only the name is known, is not known to install.
    LEFT JOIN (
        SELECT DISTINCT f.instance_key
        FROM instances f
        JOIN patch_policy q ON q.account_id = f.account_id AND q.region = f.region
            AND list_contains(string_split(f.patch_policy, ', '), q.name)
        WHERE f.patch_policy <> '' AND q.operation = 'ScanAndInstall'
    ) p ON p.instance_key = f.instance_key
)
