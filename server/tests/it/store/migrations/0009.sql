-- An instance that was never scanned, in lists too.
INSERT INTO instance (
    instance_key, account_id, region, instance_id, name, computer_name, ip_address, platform_type, platform_name,
    platform_version, agent_version, agent_rank, agent_is_latest, ping_status, resource_type, source_type, registered_at,
    association_status, first_seen_at, gone_at, from_day
)
VALUES (
    3, '703918462255', 'us-east-1', 'mi-0aaaaaaaaaaaaaaa3', 'three', 'three.example', '10.0.0.3', 'Windows',
    'Microsoft Windows Server 2022', '10.0', '3.3.2299.0', 30000302299, NULL, 'ConnectionLost', 'ManagedInstance', '',
    '2025-10-01', '', '2025-10-04 12:00:00.5', NULL, '2025-10-04'
);
INSERT INTO instance_ping (instance_key, last_ping_at, from_day) VALUES (3, NULL, '2025-10-04');
INSERT INTO listed_instance (
    instance_key, account_id, region, instance_id, name, computer_name, ip_address, platform_type, platform_name,
    platform_version, agent_version, agent_rank, agent_is_latest, ping_status, patch_group, missing, critical_missing, failed,
    pending_reboot, first_seen_at
)
VALUES (
    3, '703918462255', 'us-east-1', 'mi-0aaaaaaaaaaaaaaa3', 'three', 'three.example', '10.0.0.3', 'Windows',
    'Microsoft Windows Server 2022', '10.0', '3.3.2299.0', 30000302299, NULL, 'ConnectionLost', '', 0, 0, 0, 0,
    '2025-10-04 12:00:00.5'
);
