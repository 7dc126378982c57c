-- Every instance ever seen in scope with its one status and what it rests on, as `judged`: everything but its runs.
-- `gone_at IS NULL` are the current ones. Follows instance_names.sql.
,
-- The newest agent that a Linux node reports as the latest. On Windows the flag says nothing, so versions are compared.
latest_agent AS (
    SELECT max(agent_rank) AS agent_rank, arg_max(agent_version, agent_rank) AS agent_version
    FROM instance
    WHERE gone_at IS NULL AND agent_is_latest AND platform_type <> 'Windows'
),
judged AS (
    SELECT
        i.instance_key,
        i.name,
        i.instance_id,
        i.provider,
        i.provider_rank,
        i.account_id,
        i.account_name,
        i.customer_id,
        i.customer_name,
        i.region,
        i.computer_name,
        i.ip_address,
        i.platform_type,
        i.platform_name,
        i.platform_version,
        i.agent_version,
        i.agent_rank,
        CASE
            WHEN i.platform_type = 'Windows' OR i.agent_is_latest IS NULL
                THEN i.agent_rank >= coalesce(l.agent_rank, i.agent_rank)
            ELSE i.agent_is_latest
        END AS agent_is_latest,
        l.agent_version AS latest_agent_version,
        i.ping_status = 'Online' AS online,
        i.ping_status,
        g.last_ping_at,
        -- The one rule, in its order. A scan that ended at no time is no scan.
        CASE
            WHEN o.operation_end_at IS NULL THEN 'no_data'
            WHEN o.operation_end_at < $3 THEN 'stale'
            WHEN s.failed > 0 THEN 'failed'
            WHEN s.missing > 0 THEN 'pending'
            WHEN s.pending_reboot > 0 THEN 'pending_reboot'
            ELSE 'up_to_date'
        END AS patch_status,
        coalesce(s.missing, 0) AS missing,
        coalesce(s.critical_missing, 0) AS critical_missing,
        coalesce(s.failed, 0) AS failed,
        coalesce(s.pending_reboot, 0) AS pending_reboot,
        coalesce(nullif(s.patch_group, ''), i.patch_group_tag, '') AS patch_group,
        o.operation_end_at AS last_scan_at,
        i.last_read_at AS last_harvest_at,
        i.state_rank,
        i.first_seen_at,
        i.gone_at
    FROM named i
    CROSS JOIN latest_agent l
    LEFT JOIN instance_ping g ON g.instance_key = i.instance_key
    LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
    LEFT JOIN patch_state s ON s.instance_key = i.instance_key
)
