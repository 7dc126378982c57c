-- Pending updates of current instances by due date: for each account, each severity, and all of them.
SELECT
    account_id,
    severity_band,
    count(*) AS open,
    count(*) FILTER (due = 'overdue') AS overdue,
    count(*) FILTER (due = 'soon') AS due_soon,
    min(pending_since) AS oldest_pending_since
FROM updates f
WHERE pending_since IS NOT NULL AND gone_at IS NULL {filters}
GROUP BY GROUPING SETS ((account_id), (severity_band), ())
