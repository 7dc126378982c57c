-- An instance's run results.
SELECT v.requested_at, v.finished_at, coalesce(r.operation, '') AS operation, v.status, v.status_details, v.response_code,
    v.command_id, v.document_name, f.instance_id, f.name AS instance_name, f.provider, f.account_id, f.account_name, f.region,
    {run_cause} AS cause, {run_evidence} AS evidence,
    -- Only the latest result can contradict the present state, and only one that a later patch operation reported.
    coalesce(v.status = 'Failed' AND r.operation = 'Install' AND f.pending_os_updates = 0 AND f.last_scan_at > v.finished_at
        AND v.requested_at = max(v.requested_at) OVER (PARTITION BY f.instance_key, r.operation), false) AS contradicts_state
FROM invocation v
JOIN instances f ON f.account_id = v.account_id AND f.region = v.region AND f.instance_id = v.instance_id
LEFT JOIN (
    SELECT account_id, region, command_id, instance_id,
        string_agg(standard_output || chr(10) || standard_error, chr(10) ORDER BY step) AS output
    FROM invocation_output
    GROUP BY account_id, region, command_id, instance_id
) o ON o.account_id = v.account_id AND o.region = v.region AND o.command_id = v.command_id AND o.instance_id = v.instance_id
LEFT JOIN run r ON r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
WHERE v.requested_at IS NOT NULL AND v.requested_at >= f.owned_from {filters}
{order}
