-- Of each instance's Install runs that are over, the latest. `these` limits the results that are looked at.
SELECT
    account_id,
    region,
    instance_id,
    arg_max(v.status, (v.requested_at, command_id)) AS run_status,
    max(v.requested_at) AS run_requested_at
FROM (SELECT * FROM invocation WHERE {these}) v
JOIN run r USING (account_id, region, command_id)
WHERE r.operation = 'Install'
  AND v.requested_at IS NOT NULL
  AND v.status IN ('Success', 'Failed', 'TimedOut', 'Cancelled')
GROUP BY ALL
