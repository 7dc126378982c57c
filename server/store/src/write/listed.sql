-- Updates the rows of lists that changed. The two times that change with each harvest are updated alone.
MERGE INTO listed_instance l USING ({listed}) n ON l.instance_key = n.instance_key
WHEN MATCHED AND (
    l.name, l.computer_name, l.ip_address, l.platform_type, l.platform_name, l.platform_version, l.agent_version,
    l.agent_rank, l.agent_is_latest, l.ping_status, l.uses_apt, l.patch_group, l.missing, l.critical_missing, l.failed,
    l.pending_reboot, l.installed_rejected, l.available_security_updates, l.available_is_non_compliant,
    l.details_missing, l.registered_at, l.first_seen_at, l.gone_at, l.instance_state,
    l.patch_policy, l.unsupported_at, l.duplicate_of, l.duplicate_since
) IS DISTINCT FROM (
    n.name, n.computer_name, n.ip_address, n.platform_type, n.platform_name, n.platform_version, n.agent_version,
    n.agent_rank, n.agent_is_latest, n.ping_status, n.uses_apt, n.patch_group, n.missing, n.critical_missing, n.failed,
    n.pending_reboot, n.installed_rejected, n.available_security_updates, n.available_is_non_compliant,
    n.details_missing, n.registered_at, n.first_seen_at, n.gone_at, n.instance_state,
    n.patch_policy, n.unsupported_at, n.duplicate_of, n.duplicate_since
) THEN UPDATE BY NAME
WHEN MATCHED AND (l.last_ping_at, l.operation_end_at) IS DISTINCT FROM (n.last_ping_at, n.operation_end_at)
    THEN UPDATE SET last_ping_at = n.last_ping_at, operation_end_at = n.operation_end_at
WHEN NOT MATCHED THEN INSERT BY NAME
RETURNING merge_action
