-- Pending updates of current instances by due date: for each account, each severity, and all of them; and those that are
-- due soonest. It is one statement, because both need the due date of each pending update.
, pending AS MATERIALIZED (
    SELECT f.*, e.instance_key IS NOT NULL AS is_excepted
    FROM (SELECT * FROM updates f WHERE pending_since IS NOT NULL AND gone_at IS NULL {filters}) f
    LEFT JOIN excepted e ON e.instance_key = f.instance_key AND e.patch_key = f.patch_key
)
SELECT
    false AS is_update,
    account_id,
    severity_band,
    count(*) AS open,
    count(*) FILTER (due = 'overdue') AS overdue,
    count(*) FILTER (due = 'overdue' AND is_excepted) AS overdue_excepted,
    count(*) FILTER (due = 'overdue' AND NOT is_excepted) AS overdue_unexcepted,
    count(*) FILTER (due = 'soon') AS due_soon,
    min(pending_since) AS oldest_pending_since
FROM pending
GROUP BY GROUPING SETS ((account_id), (severity_band), ())
UNION ALL BY NAME
SELECT true AS is_update, row_number() OVER () AS position, * FROM (
    SELECT {columns}
    FROM pending f
    WHERE due = 'soon'
    ORDER BY {order}
    LIMIT {limit}
)
ORDER BY is_update, position
