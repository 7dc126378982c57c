-- A page of the pending instances, worst first, and the number of all pending instances.
SELECT
    coalesce(t.value, nullif(i.name, ''), nullif(i.computer_name, ''), i.instance_id) AS name, i.instance_id, a.provider,
    a.account_id, a.account_name, i.region, i.platform_name, i.platform_version, i.agent_version,
    i.ping_status, g.last_ping_at, s.missing, s.critical_missing, s.failed, s.pending_reboot, o.operation_end_at,
    count(*) OVER () AS total
FROM instance i
JOIN account a ON a.account_id = i.account_id
JOIN instance_ping g ON g.instance_key = i.instance_key
JOIN patch_operation o ON o.instance_key = i.instance_key
JOIN patch_state s ON s.instance_key = i.instance_key
LEFT JOIN tag t ON t.instance_key = i.instance_key AND t.key = 'Name' AND t.value <> ''
WHERE a.removed_at IS NULL AND i.gone_at IS NULL
  AND o.operation_end_at >= {stale_scan} AND s.failed = 0 AND s.missing > 0
ORDER BY s.critical_missing DESC, s.missing + s.failed DESC, lower(coalesce(t.value, '')), i.instance_id
LIMIT 50
