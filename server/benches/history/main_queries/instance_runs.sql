-- The newest results of runs on one instance, and their number.
SELECT
    v.command_id, v.document_name, r.operation, v.requested_at, v.finished_at, v.status, v.status_details,
    v.response_code, count(*) OVER () AS total
FROM instance i
JOIN invocation v ON v.account_id = i.account_id AND v.region = i.region AND v.instance_id = i.instance_id
LEFT JOIN run r ON r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
WHERE i.instance_id = {instance}
ORDER BY v.requested_at DESC, v.command_id
LIMIT 50
