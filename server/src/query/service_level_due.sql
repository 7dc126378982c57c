-- Pending updates of current instances against their due dates: by account, by severity, and all of them.
SELECT
    account_id,
    severity_band,
    count(*),
    count(*) FILTER (due = 'overdue'),
    count(*) FILTER (due = 'soon'),
    min(pending_since)
FROM (
    SELECT
        f.account_id,
        {band} AS severity_band,
        u.pending_since,
{clock}
    FROM instance_update u
    JOIN clock_fact f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
    WHERE u.pending_since IS NOT NULL AND f.gone_at IS NULL {filters}
)
GROUP BY GROUPING SETS ((account_id), (severity_band), ())
