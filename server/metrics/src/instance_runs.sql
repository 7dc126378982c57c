-- `instances`: every instance ever seen in scope with all its figures. Only Install runs of the window count, and
-- none that a former owner requested. Follows instance_status.sql.
,
instances AS (
    SELECT
        j.* EXCLUDE (run_status),
        CASE WHEN j.run_requested_at >= greatest($4, j.owned_from) THEN j.run_status END AS run_status
    FROM with_status j
)
