-- An account with a complete and a partial harvest: an instance with two scans, and one that is gone since the second harvest.
INSERT INTO account (account_id, provider, provider_rank, account_name, customer_id, customer_name, systems_account, role_arn)
VALUES ('703918462255', 'aws', 0, 'brightwater-production', 'c-2001', 'Brightwater Outfitters', '703918462255', 'arn:r');
INSERT INTO account_region (
    account_id, region, last_good_at, last_tried_at, last_read_at, slow_cycle_at, last_harvest_id
)
VALUES (
    '703918462255', 'us-east-1', '2025-10-01 12:00:00.25', '2025-10-02 12:00:00.75', '2025-10-02 12:00:00.75',
    '2025-10-01 12:00:00.25', 2
);
INSERT INTO harvest (
    harvest_id, account_id, region, started_at, finished_at, outcome, api_calls, rows, transitions
)
VALUES
    (1, '703918462255', 'us-east-1', '2025-10-01 12:00:00.25', '2025-10-01 12:00:09', 'ok', 7, 11, 4),
    (2, '703918462255', 'us-east-1', '2025-10-02 12:00:00.75', '2025-10-02 12:00:08', 'partial', 5, 4, 3);
INSERT INTO harvest_operation (harvest_id, operation, api_calls, rows)
VALUES
    (1, 'DescribeInstanceInformation', 1, 2),
    (1, 'DescribeInstancePatches', 6, 9),
    (2, 'DescribeInstanceInformation', 1, 1),
    (2, 'DescribeInstancePatches', 3, 3),
    (2, 'GetInventory', 1, 0);
INSERT INTO harvest_error (harvest_id, operation, class, code, message, since)
VALUES (2, 'GetInventory', 'denied', 'AccessDeniedException', 'not authorized', '2025-10-02 12:00:00.75');
INSERT INTO instance (
    instance_key, account_id, region, instance_id, name, computer_name, ip_address, platform_type, platform_name,
    platform_version, agent_version, agent_rank, agent_is_latest, ping_status, last_ping_at, resource_type, source_type,
    registered_at, association_status, first_seen_at, last_seen_at, gone_at
)
VALUES
    (
        1, '703918462255', 'us-east-1', 'i-0aaaaaaaaaaaaaaa1', '', 'one.example', '10.0.0.1', 'Linux',
        'Red Hat Enterprise Linux', '9.4', '3.3.2299.0', 30000302299, true, 'Online', '2025-10-02 11:59',
        'EC2Instance', 'AWS::EC2::Instance', NULL, 'Success', '2025-10-01 12:00:00.25', '2025-10-02 12:00:00.75', NULL
    ),
    (
        2, '703918462255', 'us-east-1', 'i-0aaaaaaaaaaaaaaa2', '', 'two.example', '10.0.0.2', 'Linux',
        'Ubuntu', '22.04', '3.3.2299.0', 30000302299, false, 'Online', '2025-10-01 11:58',
        'EC2Instance', 'AWS::EC2::Instance', NULL, 'Success', '2025-10-01 12:00:00.25', '2025-10-01 12:00:00.25',
        '2025-10-02 12:00:00.75'
    );
INSERT INTO patch (patch_key, title, kb_id)
VALUES (1, 'openssl.x86_64:1:3.0.7-28.el9_4', 'openssl.x86_64'), (2, 'curl', 'curl.x86_64'), (3, '', 'KB1');
INSERT INTO patch_state (
    instance_key, patch_group, baseline_id, snapshot_id, operation, reboot_option, operation_start_at, operation_end_at,
    installed_count, installed_other_count, installed_pending_reboot_count, installed_rejected_count, missing_count,
    failed_count, not_applicable_count, critical_non_compliant_count, security_non_compliant_count,
    other_non_compliant_count, missing, critical_missing, failed, pending_reboot
)
VALUES
    (
        1, 'production', 'pb-1', 's-2', 'Install', 'RebootIfNeeded', '2025-10-02 11:00', '2025-10-02 11:10:00.5',
        1, 0, 0, 0, 0, 1, -1, 0, 1, 0, 0, 0, 1, 0
    ),
    (2, '', 'pb-1', 's-1', 'Scan', '', '2025-10-01 11:00', '2025-10-01 11:10:00.5', 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0);
INSERT INTO instance_update (
    instance_key, patch_key, state, classification, severity, installed_at, cve_ids, first_seen_at, changed_at
)
VALUES
    (1, 1, 'Failed', 'Security', 'Important', NULL, 'CVE-2025-1', '2025-10-01 12:00:00.25', '2025-10-02 12:00:00.75'),
    (1, 2, 'Installed', 'Bugfix', 'Low', '2025-10-02 11:05', '', '2025-10-01 12:00:00.25', '2025-10-02 12:00:00.75'),
    (2, 1, 'Missing', 'Security', 'Critical', NULL, '', '2025-10-01 12:00:00.25', '2025-10-01 12:00:00.25');
INSERT INTO scan (
    scan_key, instance_key, harvest_id, seen_at, operation, operation_start_at, operation_end_at, baseline_id, snapshot_id,
    patch_group
)
VALUES
    (1, 1, 1, '2025-10-01 12:00:00.25', 'Scan', '2025-10-01 11:00', '2025-10-01 11:10:00.5', 'pb-1', 's-1', 'production'),
    (2, 2, 1, '2025-10-01 12:00:00.25', 'Scan', '2025-10-01 11:00', '2025-10-01 11:10:00.5', 'pb-1', 's-1', ''),
    (3, 1, 2, '2025-10-02 12:00:00.75', 'Install', '2025-10-02 11:00', '2025-10-02 11:10:00.5', 'pb-1', 's-2', 'production');
INSERT INTO transition (instance_key, patch_key, scan_key, from_state, to_state, happened_at, classification, severity)
VALUES
    (1, 1, 1, NULL, 'Missing', '2025-10-01 11:10:00.5', 'Security', 'Important'),
    (1, 2, 1, NULL, 'Missing', '2025-10-01 11:10:00.5', 'Bugfix', 'Low'),
    (1, 3, 1, NULL, 'Installed', '2025-10-01 11:10:00.5', 'Security', 'Critical'),
    (2, 1, 2, NULL, 'Missing', '2025-10-01 11:10:00.5', 'Security', 'Critical'),
    (1, 1, 3, 'Missing', 'Failed', '2025-10-02 11:10:00.5', 'Security', 'Important'),
    (1, 2, 3, 'Missing', 'Installed', '2025-10-02 11:05', 'Bugfix', 'Low'),
    (1, 3, 3, 'Installed', NULL, '2025-10-02 11:10:00.5', 'Security', 'Critical');
INSERT INTO run (
    account_id, region, command_id, document_name, operation, requested_at, status, status_details, target_count,
    completed_count, error_count
)
VALUES (
    '703918462255', 'us-east-1', 'command-1', 'AWS-RunPatchBaseline', 'Install', '2025-10-02 11:00', 'Failed', 'Failed', 2, 2, 1
);
INSERT INTO invocation (
    account_id, region, command_id, instance_id, document_name, requested_at, finished_at, status, status_details,
    response_code
)
VALUES
    (
        '703918462255', 'us-east-1', 'command-1', 'i-0aaaaaaaaaaaaaaa1', 'AWS-RunPatchBaseline', '2025-10-02 11:00',
        '2025-10-02 11:10', 'Success', 'Success', 0
    ),
    (
        '703918462255', 'us-east-1', 'command-1', 'i-0aaaaaaaaaaaaaaa2', 'AWS-RunPatchBaseline', '2025-10-02 11:00',
        '2025-10-02 11:10', 'Failed', 'Failed', 1
    );
INSERT INTO tag (instance_key, key, value)
VALUES (1, 'Name', 'one'), (1, 'PatchGroup', 'production'), (2, 'Patch Group', 'test');
INSERT INTO software (instance_key, name, version, publisher, architecture, installed_at)
VALUES (1, 'openssl', '3.0.7', 'Red Hat', 'x86_64', '2025-01-01');
INSERT INTO software_capture (instance_key, content_hash, captured_at) VALUES (1, 'hash-1', '2025-10-01 10:00');
INSERT INTO patch_baseline (account_id, region, baseline_id, name, operating_system, description, is_default)
VALUES ('703918462255', 'us-east-1', 'pb-1', 'production', 'REDHAT_ENTERPRISE_LINUX', '', true);
INSERT INTO maintenance_window (
    account_id, region, window_id, name, enabled, schedule, schedule_timezone, duration_hours, next_execution_at
)
VALUES ('703918462255', 'us-east-1', 'mw-1', 'weekly', true, 'cron(0 2 ? * SUN *)', 'UTC', 3, '2025-10-05 02:00');
INSERT INTO account_day (
    day, account_id, instances, online_instances, pending_os_updates, instances_pending_os_updates, pending_agent_updates,
    no_data, stale, failed, pending, pending_reboot, up_to_date
)
VALUES
    ('2025-10-01', '703918462255', 2, 2, 3, 2, 1, 0, 0, 0, 2, 0, 0),
    ('2025-10-02', '703918462255', 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0);
