-- One instance, current or gone.
SELECT
    f.name, f.instance_id, f.provider, f.account_id, f.account_name, f.customer_id, f.customer_name, f.region,
    f.platform_name, f.platform_version, f.agent_version, f.agent_is_latest, f.online, f.last_ping_at,
    f.patch_status, f.missing, f.critical_missing, f.failed, f.pending_reboot, f.patch_group, f.last_scan_at,
    f.last_harvest_at, f.instance_state, f.available_security_updates, f.installed_rejected, f.details_missing,
    f.patch_policy,
    coalesce(s.missing_count, 0) AS counted_missing, coalesce(s.failed_count, 0) AS counted_failed,
    coalesce(s.installed_pending_reboot_count, 0) AS counted_pending_reboot,
    coalesce(s.installed_rejected_count, 0) AS counted_rejected,
    coalesce(s.available_security_update_count, 0) AS counted_available,
    f.instance_key, f.computer_name, f.ip_address, f.platform_type, i.resource_type, i.registered_at,
    f.first_seen_at, f.gone_at, f.duplicate_of, f.state_rank AS harvest_state, coalesce(s.baseline_id, '') AS baseline_id,
    coalesce(o.operation, '') AS last_operation, coalesce(o.install_override, false) AS install_override,
    CASE WHEN NOT f.agent_is_latest THEN f.latest_agent_version END AS latest_agent_version,
    (
        SELECT count(*) FROM transition t
        WHERE t.instance_key = f.instance_key AND t.scan_key NOT IN (FROM former_scan)
    ) AS transitions,
    (SELECT count(*) FROM software w WHERE w.instance_key = f.instance_key) AS software,
    (
        SELECT count(*) FROM invocation v
        WHERE v.account_id = f.account_id AND v.region = f.region AND v.instance_id = f.instance_id
          AND v.requested_at IS NOT NULL AND v.requested_at >= f.owned_from
    ) AS runs,
    coalesce(n.status, '') AS node_status,
    CASE WHEN f.instance_id LIKE 'mi-%' THEN coalesce(t.value, '') ELSE '' END AS activation_tier,
    coalesce(concat_ws(', ', nullif(h.cpu_model, ''), h.cpus || ' CPUs', h.cpu_cores || ' cores',
        nullif(h.os_service_pack, '')), '') AS hardware
FROM instances f
JOIN instance i ON i.instance_key = f.instance_key
LEFT JOIN patch_state s ON s.instance_key = f.instance_key
LEFT JOIN patch_operation o ON o.instance_key = f.instance_key
LEFT JOIN node n ON n.account_id = f.account_id AND n.region = f.region AND n.instance_id = f.instance_id
LEFT JOIN service_setting t
    ON t.account_id = f.account_id AND t.region = f.region AND t.setting_id = '/ssm/managed-instance/activation-tier'
LEFT JOIN hardware h ON h.instance_key = f.instance_key
WHERE true {filters}
ORDER BY f.gone_at DESC NULLS FIRST, f.instance_key
LIMIT 1
