-- `coverage`: every instance ever seen in scope in exactly one class of coverage. Follows instance_status.sql.
, window_part AS (
    SELECT
        account_id,
        region,
        window_id,
        target_id,
        split_part(part, '=', 1) AS key,
        string_split(substr(part, length(split_part(part, '=', 1)) + 2), ',') AS texts
    FROM (
        SELECT t.account_id, t.region, t.window_id, t.target_id,
            -- Parts are separated by a semicolon and a blank.
            unnest(string_split(t.targets, chr(59) || ' ')) AS part
        FROM window_target t
        JOIN maintenance_window w ON w.account_id = t.account_id AND w.region = t.region AND w.window_id = t.window_id
        -- A window without a next execution has ended.
        WHERE w.enabled AND w.next_execution_at IS NOT NULL AND EXISTS (
            FROM window_task k
            WHERE k.account_id = t.account_id AND k.region = t.region AND k.window_id = t.window_id
              AND k.task_arn IN {patch_documents}
        )
    )
),
-- Where no tags are known, the patch group that a scan reported tells one.
instance_tag AS (
    SELECT instance_key, key, value FROM tag
    UNION ALL
    SELECT instance_key, unnest(['Patch Group', 'PatchGroup']), patch_group
    FROM instances
    WHERE patch_group <> '' AND instance_key NOT IN (SELECT instance_key FROM tag)
),
window_match AS (
    SELECT p.*, f.instance_key
    FROM window_part p
    JOIN instances f ON f.account_id = p.account_id AND f.region = p.region
    WHERE p.key = 'InstanceIds' AND (list_contains(p.texts, f.instance_id) OR list_contains(p.texts, '*'))
    UNION
    SELECT p.*, f.instance_key
    FROM window_part p
    JOIN instances f ON f.account_id = p.account_id AND f.region = p.region
    JOIN instance_tag t ON t.instance_key = f.instance_key
    WHERE p.key = 'tag:' || t.key AND list_contains(p.texts, t.value) OR p.key = 'tag-key' AND list_contains(p.texts, t.key)
),
-- A target with several parts means the instances that all of them match.
in_window AS (
    SELECT DISTINCT m.instance_key
    FROM (
        SELECT account_id, region, window_id, target_id, instance_key, count(DISTINCT key) AS keys FROM window_match GROUP BY ALL
    ) m
    JOIN (
        SELECT account_id, region, window_id, target_id, count(DISTINCT key) AS keys FROM window_part GROUP BY ALL
    ) p ON p.account_id = m.account_id AND p.region = m.region AND p.window_id = m.window_id AND p.target_id = m.target_id
    WHERE m.keys = p.keys
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
            WHEN 'never_scanned' THEN coalesce(f.registered_at, f.first_seen_at)
            WHEN 'not_scanned_lately' THEN f.last_scan_at
            WHEN 'on_schedule' THEN CASE WHEN f.run_status IS NULL THEN f.last_scan_at ELSE f.run_requested_at END
        END AS since
    FROM instances f
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
