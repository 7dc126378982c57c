-- The overview by account.
WITH latest_agent AS (
    SELECT region, max(agent_rank) AS agent_rank FROM instance
    WHERE gone_at IS NULL AND agent_is_latest AND platform_type = 'Linux'
    GROUP BY region
),
latest_run AS (
    SELECT DISTINCT ON (v.account_id, v.region, v.instance_id) v.account_id, v.region, v.instance_id, v.status
    FROM invocation v
    JOIN run r USING (account_id, region, command_id)
    WHERE r.operation = 'Install' AND v.requested_at >= {runs_since}
      AND v.status IN ('Success', 'Failed', 'TimedOut', 'Cancelled')
    ORDER BY v.account_id, v.region, v.instance_id, v.requested_at DESC
)
SELECT
    a.provider, a.account_id, a.account_name,
    count(*) AS instances,
    count(*) FILTER (WHERE i.ping_status = 'Online') AS online_instances,
    sum(s.missing + s.failed) AS pending_os_updates,
    count(*) FILTER (WHERE s.missing + s.failed > 0) AS instances_pending_os_updates,
    count(*) FILTER (WHERE NOT CASE WHEN i.platform_type = 'Linux' AND i.agent_is_latest IS NOT NULL
        THEN i.agent_is_latest ELSE i.agent_rank >= l.agent_rank END) AS pending_agent_updates,
    count(*) FILTER (WHERE n.status = 'Success') AS runs_succeeded,
    count(n.status) AS runs_total,
    max(o.operation_end_at) AS last_scan_at,
    count(*) FILTER (WHERE o.operation_end_at IS NULL) AS no_data,
    count(*) FILTER (WHERE o.operation_end_at < {stale_scan}) AS stale,
    count(*) FILTER (WHERE o.operation_end_at >= {stale_scan} AND s.failed > 0) AS failed,
    count(*) FILTER (WHERE o.operation_end_at >= {stale_scan} AND s.failed = 0 AND s.missing > 0) AS pending,
    count(*) FILTER (WHERE o.operation_end_at >= {stale_scan} AND s.failed = 0 AND s.missing = 0
        AND s.details_missing > 0) AS details_missing,
    count(*) FILTER (WHERE o.operation_end_at >= {stale_scan} AND s.failed = 0 AND s.missing = 0
        AND s.details_missing = 0 AND s.pending_reboot > 0) AS pending_reboot,
    count(*) FILTER (WHERE o.operation_end_at >= {stale_scan} AND s.failed = 0 AND s.missing = 0
        AND s.details_missing = 0 AND s.pending_reboot = 0 AND s.installed_rejected > 0) AS non_compliant,
    count(*) FILTER (WHERE o.operation_end_at >= {stale_scan} AND s.failed = 0 AND s.missing = 0
        AND s.details_missing = 0 AND s.pending_reboot = 0 AND s.installed_rejected = 0) AS up_to_date
FROM account a
JOIN instance i ON i.account_id = a.account_id
LEFT JOIN latest_agent l ON l.region = i.region
LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
LEFT JOIN patch_state s ON s.instance_key = i.instance_key
LEFT JOIN latest_run n ON n.account_id = i.account_id AND n.region = i.region AND n.instance_id = i.instance_id
WHERE a.removed_at IS NULL AND i.gone_at IS NULL AND {filter}
GROUP BY a.provider_rank, a.provider, a.account_id, a.account_name
ORDER BY a.provider_rank, a.provider, lower(a.account_name), a.account_id
LIMIT 50
