-- Reference data, nodes and inventory of the account, an account without a provider in the roster, and the organization.
INSERT INTO account (
    account_id, provider, provider_rank, account_name, customer_id, customer_name, systems_account, role_arn, provider_given
)
VALUES ('org-41-77120', 'azure', 1, 'Tamarack', 'c-2002', 'Tamarack Credit Union', '222233334444', 'arn:r', false);
INSERT INTO account_region (account_id, region) VALUES ('org-41-77120', 'us-west-2');
UPDATE invocation SET step = 'PatchLinux' WHERE instance_id = 'i-0aaaaaaaaaaaaaaa2';
INSERT INTO invocation_output (
    account_id, region, command_id, instance_id, step, status, response_code, standard_output, standard_error, read_at
)
VALUES (
    '703918462255', 'us-east-1', 'command-1', 'i-0aaaaaaaaaaaaaaa2', 'PatchLinux', 'Failed', 1, 'output', 'error',
    '2025-10-02 12:00:00.75'
);
INSERT INTO inventory_capture (instance_key, type_name, content_hash, captured_at)
VALUES (1, 'AWS:WindowsUpdate', 'hash-2', '2025-10-01 10:00'), (1, 'AWS:InstanceDetailedInformation', 'hash-3', NULL);
INSERT INTO node (
    account_id, region, instance_id, status, computer_name, platform_name, platform_version, captured_at
)
VALUES
    ('703918462255', 'us-east-1', 'i-0aaaaaaaaaaaaaaa1', 'Active', 'one.example', 'RHEL', '9.4', '2025-10-01 10:00'),
    ('703918462255', 'us-east-1', 'i-0aaaaaaaaaaaaaaa9', 'Terminated', 'nine.example', 'RHEL', '9.4', NULL);
INSERT INTO hotfix (instance_key, hot_fix_id, description, installed_by, installed_at)
VALUES (1, 'KB1', 'Update', 'SYSTEM', '2025-10-01');
INSERT INTO hardware (instance_key, cpu_model, cpus, cpu_cores, cpu_sockets, cpu_speed_mhz, os_service_pack)
VALUES (1, 'Xeon', 2, 2, 1, 2500, '');
INSERT INTO patch_baseline_detail (
    account_id, region, baseline_id, approved_patches, rejected_patches, rejected_patches_action, created_at, modified_at,
    read_at
)
VALUES ('703918462255', 'us-east-1', 'pb-1', '', 'tcpdump', 'BLOCK', '2025-01-01', '2025-02-01', '2025-10-01 12:00:00.25');
INSERT INTO patch_rule (
    account_id, region, baseline_id, position, approve_after_days, approve_until, compliance_level, enable_non_security,
    filters
)
VALUES ('703918462255', 'us-east-1', 'pb-1', 0, 7, '', 'HIGH', false, 'SEVERITY=Important');
INSERT INTO patch_group (account_id, region, patch_group, baseline_id, operating_system)
VALUES ('703918462255', 'us-east-1', 'production', 'pb-1', 'REDHAT_ENTERPRISE_LINUX');
UPDATE maintenance_window SET cutoff_hours = 1;
INSERT INTO window_target (account_id, region, window_id, target_id, name, targets)
VALUES ('703918462255', 'us-east-1', 'mw-1', 'target-1', 'production', 'tag:PatchGroup=production');
INSERT INTO window_task (
    account_id, region, window_id, task_id, name, task_type, task_arn, priority, max_concurrency, max_errors
)
VALUES ('703918462255', 'us-east-1', 'mw-1', 'task-1', 'patch', 'RUN_COMMAND', 'AWS-RunPatchBaseline', 1, '10', '1');
INSERT INTO window_execution (
    account_id, region, window_id, execution_id, status, status_details, started_at, ended_at
)
VALUES ('703918462255', 'us-east-1', 'mw-1', 'execution-1', 'SUCCESS', '', '2025-10-01 02:00', '2025-10-01 02:30');
INSERT INTO association (
    account_id, region, association_id, name, document_name, schedule, targets, status, detailed_status, succeeded, failed,
    last_execution_at
)
VALUES (
    '703918462255', 'us-east-1', 'association-1', 'scan', 'AWS-RunPatchBaseline', 'rate(1 day)', '*', 'Success', 'Success', 2,
    0, '2025-10-01 06:00'
);
INSERT INTO organization_listing (
    tried_at, last_good_at, tags_read_at, unassigned, error_operation, error_class, error_code, error_message
)
VALUES ('2025-10-02 12:00', '2025-10-01 12:00', '2025-10-01 12:00', 1, 'ListAccounts', 'denied', 'AccessDenied', 'no');
INSERT INTO organization_member (systems_account, name, active) VALUES ('703918462255', 'brightwater', true);
INSERT INTO organization_tag (systems_account, key, value) VALUES ('703918462255', 'customer-id', 'c-2001');
