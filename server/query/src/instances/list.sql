-- The current instances that match the filter.
SELECT
    name, instance_id, provider, account_id, account_name, customer_id, customer_name, region, platform_name,
    platform_version, agent_version, agent_is_latest, online, last_ping_at, patch_status, missing, critical_missing,
    failed, pending_reboot, patch_group, last_scan_at, last_harvest_at, registered_at
FROM (SELECT s.*, i.registered_at FROM instances s LEFT JOIN instance i ON i.instance_key = s.instance_key) f
WHERE gone_at IS NULL {filters}
{order}
