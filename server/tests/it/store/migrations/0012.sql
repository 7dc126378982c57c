-- A harvest with times to the second: the update that had failed first is installed.
INSERT INTO harvest (
    harvest_id, account_id, region, started_at, finished_at, outcome, api_calls, rows, transitions
)
VALUES (5, '703918462255', 'us-east-1', '2025-10-05 12:00:00.5', '2025-10-05 12:00:09', 'ok', 2, 5, 1);
INSERT INTO harvest_operation (harvest_id, operation, api_calls, rows)
VALUES (5, 'DescribeInstanceInformation', 1, 2), (5, 'DescribeInstancePatches', 1, 3);
INSERT INTO past_account_region BY NAME
SELECT *, DATE '2025-10-05' AS until_day FROM account_region WHERE account_id = '703918462255';
UPDATE account_region
SET last_good_at = '2025-10-05 12:00:00.5', last_tried_at = '2025-10-05 12:00:00.5', last_read_at = '2025-10-05 12:00:00.5',
    last_harvest_id = 5, from_day = '2025-10-05'
WHERE account_id = '703918462255';
INSERT INTO past_patch_state BY NAME SELECT *, DATE '2025-10-05' AS until_day FROM patch_state WHERE instance_key = 1;
UPDATE patch_state
SET failed_count = 1, failed = 1, installed_count = 2, from_day = '2025-10-05'
WHERE instance_key = 1;
INSERT INTO past_patch_operation BY NAME
SELECT * EXCLUDE (operation_start_at, snapshot_id), DATE '2025-10-05' AS until_day FROM patch_operation
WHERE instance_key = 1;
UPDATE patch_operation
SET operation_start_at = '2025-10-05 11:00', operation_end_at = '2025-10-05 11:10:00.5', snapshot_id = 's-5',
    from_day = '2025-10-05'
WHERE instance_key = 1;
INSERT INTO past_instance_update BY NAME
SELECT *, DATE '2025-10-05' AS until_day FROM instance_update WHERE instance_key = 1 AND patch_key = 1;
UPDATE instance_update
SET state = 'Installed', installed_at = '2025-10-05 11:05', changed_at = '2025-10-05 12:00', pending_since = NULL,
    from_day = '2025-10-05'
WHERE instance_key = 1 AND patch_key = 1;
INSERT INTO scan (
    scan_key, instance_key, harvest_id, seen_at, operation, operation_start_at, operation_end_at, baseline_id, snapshot_id,
    patch_group
)
VALUES (6, 1, 5, '2025-10-05 12:00', 'Install', '2025-10-05 11:00', '2025-10-05 11:10', 'pb-1', 's-5', 'production');
INSERT INTO transition (
    instance_key, patch_key, scan_key, from_state, to_state, happened_at, classification, severity, pending_since
)
VALUES (1, 1, 6, 'Failed', 'Installed', '2025-10-05 11:05', 'Security', 'Important', '2025-10-01 11:10');
UPDATE listed_instance SET failed = 1, operation_end_at = '2025-10-05 11:10:00.5' WHERE instance_key = 1;
