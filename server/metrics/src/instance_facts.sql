-- Every instance ever seen in scope with everything that figures are made of. Of its Install runs only those of the
-- window count, and none that another owner had asked for. Follows instance_status.sql.
,
fact AS (
    SELECT
        j.* EXCLUDE (run_status),
        CASE WHEN j.run_requested_at >= greatest($4, j.owned_from) THEN j.run_status END AS run_status
    FROM judged j
)
