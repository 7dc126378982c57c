-- A harvest of the next day, which archives rows: the new update failed. The account belonged to another customer before.
INSERT INTO harvest (
    harvest_id, account_id, region, started_at, finished_at, outcome, api_calls, rows, transitions
)
VALUES (4, '703918462255', 'us-east-1', '2025-10-04 12:00:00.5', '2025-10-04 12:00:09', 'ok', 2, 4, 1);
INSERT INTO harvest_operation (harvest_id, operation, api_calls, rows)
VALUES (4, 'DescribeInstanceInformation', 1, 1), (4, 'DescribeInstancePatches', 1, 3);
INSERT INTO past_account BY NAME
SELECT * REPLACE ('c-2000' AS customer_id, 'Former' AS customer_name, DATE '2025-10-01' AS from_day), from_day AS until_day
FROM account WHERE account_id = '703918462255';
INSERT INTO past_account_region BY NAME
SELECT *, DATE '2025-10-04' AS until_day FROM account_region WHERE account_id = '703918462255';
UPDATE account_region
SET last_good_at = '2025-10-04 12:00:00.5', last_tried_at = '2025-10-04 12:00:00.5', last_read_at = '2025-10-04 12:00:00.5',
    last_harvest_id = 4, from_day = '2025-10-04'
WHERE account_id = '703918462255';
INSERT INTO past_instance BY NAME SELECT *, DATE '2025-10-04' AS until_day FROM instance WHERE instance_key = 1;
UPDATE instance SET ip_address = '10.0.0.9', from_day = '2025-10-04' WHERE instance_key = 1;
INSERT INTO past_instance_ping BY NAME SELECT *, DATE '2025-10-04' AS until_day FROM instance_ping WHERE instance_key = 1;
UPDATE instance_ping SET last_ping_at = '2025-10-04 11:59', from_day = '2025-10-04' WHERE instance_key = 1;
INSERT INTO past_patch_state BY NAME SELECT *, DATE '2025-10-04' AS until_day FROM patch_state WHERE instance_key = 1;
UPDATE patch_state
SET missing_count = 0, missing = 0, critical_missing = 0, failed_count = 2, failed = 2, from_day = '2025-10-04'
WHERE instance_key = 1;
INSERT INTO past_patch_operation BY NAME
SELECT * EXCLUDE (operation_start_at, snapshot_id), DATE '2025-10-04' AS until_day FROM patch_operation
WHERE instance_key = 1;
UPDATE patch_operation
SET operation = 'Install', operation_start_at = '2025-10-04 11:00', operation_end_at = '2025-10-04 11:10:00.5',
    snapshot_id = 's-4', from_day = '2025-10-04'
WHERE instance_key = 1;
INSERT INTO past_instance_update BY NAME
SELECT *, DATE '2025-10-04' AS until_day FROM instance_update WHERE instance_key = 1 AND patch_key = 4;
UPDATE instance_update
SET state = 'Failed', changed_at = '2025-10-04 12:00:00.5', from_day = '2025-10-04'
WHERE instance_key = 1 AND patch_key = 4;
INSERT INTO scan (
    scan_key, instance_key, harvest_id, seen_at, operation, operation_start_at, operation_end_at, baseline_id, snapshot_id,
    patch_group
)
VALUES (
    5, 1, 4, '2025-10-04 12:00:00.5', 'Install', '2025-10-04 11:00', '2025-10-04 11:10:00.5', 'pb-1', 's-4', 'production'
);
INSERT INTO transition (
    instance_key, patch_key, scan_key, from_state, to_state, happened_at, classification, severity, pending_since
)
VALUES (1, 4, 5, 'Missing', 'Failed', '2025-10-04 11:10:00.5', 'Security', 'Critical', NULL);
INSERT INTO patch_baseline_reading (account_id, region, baseline_id, read_at)
VALUES ('703918462255', 'us-east-1', 'pb-2', '2025-10-04 12:00:00.5');
