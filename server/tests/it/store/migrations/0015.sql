-- A later run on the instance that was never scanned.
INSERT INTO run (
    account_id, region, command_id, document_name, operation, requested_at, status, status_details, target_count,
    completed_count, error_count, from_day
)
VALUES (
    '703918462255', 'us-east-1', 'command-2', 'AWS-RunPatchBaseline', 'Install', '2025-10-05 11:00', 'Success', 'Success', 1, 1,
    0, '2025-10-05'
);
INSERT INTO invocation (
    account_id, region, command_id, instance_id, document_name, requested_at, finished_at, status, status_details,
    response_code, step, from_day
)
VALUES (
    '703918462255', 'us-east-1', 'command-2', 'mi-0aaaaaaaaaaaaaaa3', 'AWS-RunPatchBaseline', '2025-10-05 11:00',
    '2025-10-05 11:10', 'Success', 'Success', 0, 'PatchWindows', '2025-10-05'
);
UPDATE listed_instance SET run_status = 'Success', run_requested_at = '2025-10-05 11:00' WHERE instance_key = 3;
-- A name of blanks, which version 16 replaces.
UPDATE instance SET name = '  ' WHERE instance_key = 3;
UPDATE listed_instance SET name = '  ' WHERE instance_key = 3;
