-- A harvest of the next day: a new update is missing.
INSERT INTO harvest (
    harvest_id, account_id, region, started_at, finished_at, outcome, api_calls, rows, transitions
)
VALUES (3, '703918462255', 'us-east-1', '2025-10-03 12:00:00.5', '2025-10-03 12:00:09', 'ok', 2, 4, 1);
INSERT INTO harvest_operation (harvest_id, operation, api_calls, rows)
VALUES (3, 'DescribeInstanceInformation', 1, 1), (3, 'DescribeInstancePatches', 1, 3);
UPDATE account_region
SET last_good_at = '2025-10-03 12:00:00.5', last_tried_at = '2025-10-03 12:00:00.5', last_read_at = '2025-10-03 12:00:00.5',
    last_harvest_id = 3
WHERE account_id = '703918462255';
INSERT INTO patch (patch_key, title, kb_id) VALUES (4, 'kernel', 'kernel.x86_64');
UPDATE patch_state
SET snapshot_id = 's-3', operation = 'Scan', operation_start_at = '2025-10-03 11:00', operation_end_at = '2025-10-03 11:10:00.5',
    missing_count = 1, missing = 1, critical_missing = 1
WHERE instance_key = 1;
INSERT INTO scan (
    scan_key, instance_key, harvest_id, seen_at, operation, operation_start_at, operation_end_at, baseline_id, snapshot_id,
    patch_group
)
VALUES (4, 1, 3, '2025-10-03 12:00:00.5', 'Scan', '2025-10-03 11:00', '2025-10-03 11:10:00.5', 'pb-1', 's-3', 'production');
INSERT INTO transition (
    instance_key, patch_key, scan_key, from_state, to_state, happened_at, classification, severity, pending_since
)
VALUES (1, 4, 4, NULL, 'Missing', '2025-10-03 11:10:00.5', 'Security', 'Critical', NULL);
INSERT INTO instance_update (
    instance_key, patch_key, state, classification, severity, installed_at, cve_ids, first_seen_at, changed_at, pending_since
)
VALUES (
    1, 4, 'Missing', 'Security', 'Critical', NULL, 'CVE-2025-2', '2025-10-03 12:00:00.5', '2025-10-03 12:00:00.5',
    '2025-10-03 11:10:00.5'
);
