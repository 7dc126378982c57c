-- A page of current instances, and the number of all that match.
SELECT
    name, instance_id, provider, account_id, account_name, region, platform_name, platform_version, agent_version, online,
    last_ping_at, status, missing, critical_missing, failed, pending_reboot, last_scan_at, count(*) OVER () AS total
FROM (
    SELECT
        l.*, a.provider, a.account_name, l.ping_status = 'Online' AS online, l.operation_end_at AS last_scan_at,
        CASE
            WHEN l.operation_end_at IS NULL THEN 'no_data'
            WHEN l.operation_end_at < {stale_scan} THEN 'stale'
            WHEN l.failed > 0 THEN 'failed'
            WHEN l.missing > 0 THEN 'pending'
            WHEN l.details_missing > 0 THEN 'details_missing'
            WHEN l.pending_reboot > 0 THEN 'pending_reboot'
            WHEN l.installed_rejected > 0 THEN 'non_compliant'
            ELSE 'up_to_date'
        END AS status
    FROM listed_instance l
    JOIN account a ON a.account_id = l.account_id
    WHERE a.removed_at IS NULL AND l.gone_at IS NULL
) l
WHERE {filter}
ORDER BY {order}, critical_missing DESC, missing + failed DESC, lower(name), instance_id
LIMIT {rows} OFFSET {offset}
