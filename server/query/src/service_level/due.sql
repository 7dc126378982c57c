-- Pending updates of current instances by due date: for each account, each severity, and all of them.
SELECT
    account_id,
    severity_band,
    count(*),
    count(*) FILTER (due = 'overdue'),
    count(*) FILTER (due = 'soon'),
    min(pending_since)
FROM updates f
WHERE pending_since IS NOT NULL AND gone_at IS NULL {filters}
GROUP BY GROUPING SETS ((account_id), (severity_band), ())
