-- One instance, current or gone.
SELECT
    f.name, f.instance_id, f.provider, f.account_id, f.account_name, f.customer_id, f.customer_name, f.region,
    f.platform_name, f.platform_version, f.agent_version, f.agent_is_latest, f.online, f.last_ping_at,
    f.patch_status, f.missing, f.critical_missing, f.failed, f.pending_reboot, f.patch_group, f.last_scan_at,
    f.last_harvest_at, f.instance_state, f.available_security_updates, f.installed_rejected, f.details_missing,
    f.patch_policy, f.instance_key, f.computer_name, f.ip_address, f.platform_type, f.registered_at, f.first_seen_at,
    f.gone_at, f.duplicate_of, f.state_rank AS harvest_state,
    CASE WHEN NOT f.agent_is_latest THEN f.latest_agent_version END AS latest_agent_version,
    nullif(f.owned_from, '-infinity'::TIMESTAMP) AS owned_from
FROM instances f
WHERE true {filters}
ORDER BY f.gone_at DESC NULLS FIRST, f.instance_key
LIMIT 1
