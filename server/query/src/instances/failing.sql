-- The Install runs of an instance that failed since the last that succeeded, and why the latest did.
SELECT count(*) AS results, min(v.requested_at) AS since, arg_max(v.cause, v.requested_at) AS cause,
    arg_max(v.evidence, v.requested_at) AS evidence
FROM (
    SELECT v.requested_at, {run_cause} AS cause, {run_evidence} AS evidence,
        max(v.requested_at) FILTER (v.status = 'Success') OVER () AS succeeded_at
    FROM invocation v
    JOIN run r ON r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
    LEFT JOIN (
        SELECT command_id, string_agg(standard_output || chr(10) || standard_error, chr(10) ORDER BY step) AS output
        FROM invocation_output
        WHERE account_id = {account_id} AND region = {region} AND instance_id = {instance_id}
        GROUP BY command_id
    ) o ON o.command_id = v.command_id
    WHERE v.account_id = {account_id} AND v.region = {region} AND v.instance_id = {instance_id}
      AND v.requested_at >= {owned_from} AND r.operation = 'Install'
) v
WHERE v.cause IS NOT NULL AND v.requested_at > coalesce(v.succeeded_at, '-infinity'::TIMESTAMP)
HAVING count(*) > 0
