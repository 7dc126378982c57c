-- The instances that match the filter.
SELECT
    name, instance_id, provider, account_id, account_name, customer_id, customer_name, region, platform_name,
    platform_version, agent_version, agent_is_latest, online, last_ping_at, patch_status, missing, critical_missing,
    failed, pending_reboot, patch_group, last_scan_at, last_harvest_at, registered_at,
    instance_state, available_security_updates, installed_rejected, details_missing, patch_policy
FROM instances f
WHERE true {filters}
{order}
