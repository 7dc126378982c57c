-- The number of rows in an instance's lists. Scans under former owners are those of `former_scan`.
SELECT
    (
        SELECT count(*)
        FROM transition
        WHERE instance_key = {instance_key} AND scan_key NOT IN (
            SELECT scan_key
            FROM scan
            WHERE instance_key = {instance_key} AND least(operation_end_at, seen_at) < {owned_from}
        )
    ) AS transitions,
    (SELECT count(*) FROM software WHERE instance_key = {instance_key}) AS software,
    (
        SELECT count(*)
        FROM invocation
        WHERE account_id = {account_id} AND region = {region} AND instance_id = {instance_id}
          AND requested_at >= {owned_from}
    ) AS runs
