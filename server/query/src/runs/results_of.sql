-- Results of runs that were requested from {from} to before {until}, each with its outcome and cause.
SELECT
    f.instance_key,
    f.provider,
    f.customer_id,
    f.account_id,
    f.account_name,
    f.region,
    f.instance_id,
    f.name AS instance_name,
    v.command_id,
    v.document_name,
    v.requested_at,
    v.finished_at,
    coalesce(r.operation, '') AS operation,
    v.status,
    v.status_details,
    v.response_code,
    CASE
        WHEN v.status = 'Success' THEN 'succeeded'
        WHEN v.status NOT IN {finished_run_statuses} THEN 'unfinished'
        WHEN {not_delivered} THEN 'not_reached'
        ELSE 'failed'
    END AS outcome,
    {run_cause} AS cause,
    {run_evidence} AS evidence,
    f.run_requested_at,
    f.last_scan_at,
    f.missing,
    f.failed,
    f.pending_reboot,
    f.owned_from,
    f.gone_at,
    v.status = 'Success' AND r.operation = 'Install' AND v.requested_at >= f.run_requested_at AND f.gone_at IS NULL
        AND f.pending_reboot > 0 AS awaits_reboot
FROM (
    SELECT * FROM invocation
    WHERE requested_at >= {from} AND requested_at < {until}
      AND ({account} IS NULL OR account_id = {account}) AND ({run} IS NULL OR command_id = {run})
) v
JOIN instances f ON f.account_id = v.account_id AND f.region = v.region AND f.instance_id = v.instance_id
LEFT JOIN (SELECT * FROM run WHERE requested_at >= {from} AND requested_at < {until}) r
    ON r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
LEFT JOIN (
    SELECT account_id, region, command_id, instance_id,
        string_agg(standard_output || chr(10) || standard_error, chr(10) ORDER BY step) AS output
    FROM invocation_output
    WHERE read_at >= {from}
    GROUP BY account_id, region, command_id, instance_id
) o ON o.account_id = v.account_id AND o.region = v.region AND o.command_id = v.command_id AND o.instance_id = v.instance_id
WHERE v.requested_at >= f.owned_from
