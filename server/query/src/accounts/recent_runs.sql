-- An account's newest runs.
SELECT r.command_id, r.document_name, r.operation, r.requested_at, r.status, r.status_details,
    greatest(r.target_count, 0) AS targets, greatest(r.completed_count, 0) AS completed, greatest(r.error_count, 0) AS errors,
    r.account_id, r.region
FROM run r
JOIN region_state s ON s.account_id = r.account_id AND s.region = r.region
WHERE r.requested_at IS NOT NULL AND r.requested_at >= s.owned_from {filters}
ORDER BY r.requested_at DESC, r.command_id
LIMIT 10
