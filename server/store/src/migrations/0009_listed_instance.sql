-- Fills `listed_instance` from the other tables, as harvests do since.
CREATE TABLE listed_instance AS
SELECT * FROM (
    SELECT
        i.instance_key,
        i.account_id,
        i.region,
        i.instance_id,
        coalesce(t.name, nullif(i.name, ''), nullif(i.computer_name, ''), i.instance_id) AS name,
        i.computer_name,
        i.ip_address,
        i.platform_type,
        i.platform_name,
        i.platform_version,
        i.agent_version,
        i.agent_rank,
        i.agent_is_latest,
        i.ping_status,
        coalesce(nullif(s.patch_group, ''), t.patch_group, '') AS patch_group,
        coalesce(s.missing, 0) AS missing,
        -- The priorities of apt are not severities.
        CASE
            WHEN i.platform_name LIKE 'Ubuntu%' OR i.platform_name LIKE 'Debian%' THEN 0
            ELSE coalesce(s.critical_missing, 0)
        END AS critical_missing,
        coalesce(s.failed, 0) AS failed,
        coalesce(s.pending_reboot, 0) AS pending_reboot,
        i.first_seen_at,
        i.gone_at,
        g.last_ping_at,
        o.operation_end_at
    FROM instance i
    LEFT JOIN (
        -- Both tags in one pass over the tags, which takes less time than two.
        SELECT
            instance_key,
            any_value(value) FILTER (key = 'Name' AND value <> '') AS name,
            arg_min(value, key) FILTER (key <> 'Name') AS patch_group
        FROM tag
        WHERE key IN ('Name', 'Patch Group', 'PatchGroup')
        GROUP BY instance_key
    ) t ON t.instance_key = i.instance_key
    LEFT JOIN instance_ping g ON g.instance_key = i.instance_key
    LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
    LEFT JOIN patch_state s ON s.instance_key = i.instance_key
)
LEFT JOIN (
    SELECT
        account_id,
        region,
        instance_id,
        arg_max(v.status, (v.requested_at, command_id)) AS run_status,
        max(v.requested_at) AS run_requested_at
    FROM invocation v
    JOIN run r USING (account_id, region, command_id)
    WHERE r.operation = 'Install'
      AND v.requested_at IS NOT NULL
      AND v.status IN ('Success', 'Failed', 'TimedOut', 'Cancelled')
    GROUP BY ALL
) USING (account_id, region, instance_id)
ORDER BY instance_key;
