-- The latest finished Install run of each instance, among the results that fulfil `row_filter`.
SELECT
    account_id,
    region,
    instance_id,
    arg_max(v.status, (v.requested_at, command_id)) AS run_status,
    max(v.requested_at) AS run_requested_at
FROM (SELECT * FROM invocation WHERE {row_filter}) v
JOIN run r USING (account_id, region, command_id)
WHERE r.operation = 'Install'
  AND v.requested_at IS NOT NULL
  AND v.status IN {finished_run_statuses}
GROUP BY ALL
