-- Every instance ever seen in scope, with everything that figures are made of. Follows instance_status.sql.
,
-- Of each instance's Install runs in the window, the status of the latest one that is over.
latest_run AS (
    SELECT v.account_id, v.region, v.instance_id, arg_max(v.status, v.requested_at) AS run_status
    FROM invocation v
    JOIN run r USING (account_id, region, command_id)
    WHERE r.operation = 'Install'
      AND v.requested_at >= $4
      AND v.status IN ('Success', 'Failed', 'TimedOut', 'Cancelled')
    GROUP BY ALL
),
fact AS (
    SELECT j.*, n.run_status
    FROM judged j
    LEFT JOIN latest_run n
        ON n.account_id = j.account_id AND n.region = j.region AND n.instance_id = j.instance_id
)
