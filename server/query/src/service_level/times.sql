-- How long updates were pending that were pending at any time since {since}: for each account, each severity, each
-- month in which they became pending, and all of them. An update that is still pending counts with its age at {now};
-- one that went away uninstalled, alone or with its instance, with the time until then. Updates that ended under a
-- former owner are left out.
, pending_period AS (
    SELECT t.instance_key, t.severity, t.pending_since, t.happened_at AS ended_at, t.to_state
    FROM transition t
    WHERE t.pending_since IS NOT NULL AND t.happened_at >= {since}
    UNION ALL
    SELECT u.instance_key, u.severity, u.pending_since, NULL, NULL
    FROM instance_update u
    WHERE u.pending_since IS NOT NULL
),
-- Many updates of an account take the same time at the precision that is shown. Everything else is computed from their
-- numbers, which are few.
period_count AS (
    SELECT
        f.account_id,
        f.uses_apt,
        u.severity,
        date_trunc('month', u.pending_since) AS month,
        round(
            greatest(0, epoch_ms(coalesce(u.ended_at, f.gone_at, {now})) - epoch_ms(u.pending_since)) / 86400000, 1
        ) AS days,
        count(*) AS updates,
        count(*) FILTER (u.to_state LIKE 'Installed%') AS installed,
        count(*) FILTER (u.ended_at IS NULL AND f.gone_at IS NULL) AS open
    FROM pending_period u
    JOIN instances f ON f.instance_key = u.instance_key
    WHERE (u.ended_at IS NOT NULL OR f.gone_at IS NULL OR f.gone_at >= {since})
      AND coalesce(u.ended_at >= f.owned_from, true) {filters}
    GROUP BY ALL
),
grouped_count AS (
    SELECT
        account_id,
        severity_band,
        month,
        days,
        sum(updates)::BIGINT AS updates,
        sum(installed)::BIGINT AS installed,
        sum(open)::BIGINT AS open
    FROM (
        SELECT
            f.account_id,
            {severity_band} AS severity_band,
            -- Of the month of {since} and earlier ones only long periods are left, so these months are one group.
            CASE
                WHEN f.month > date_trunc('month', {since}::TIMESTAMP) THEN strftime(f.month, '%Y-%m')
                ELSE 'earlier'
            END AS month,
            f.days,
            f.updates,
            f.installed,
            f.open
        FROM period_count f, LATERAL (SELECT f.severity) u
    )
    GROUP BY GROUPING SETS ((account_id, days), (severity_band, days), (month, days), (days))
)
SELECT
    account_id, severity_band, month, sum(updates)::BIGINT AS patch_time_updates,
    sum(installed)::BIGINT AS patch_time_installed, (sum(updates) - sum(installed) - sum(open))::BIGINT AS patch_time_gone,
    sum(open)::BIGINT AS patch_time_open, 
    -- The least time within which half of the updates ended, and nine tenths.
    min(days) FILTER (2 * updates_until >= all_updates) AS patch_time_median_days,
    min(days) FILTER (10 * updates_until >= 9 * all_updates) AS patch_time_p90_days
FROM (
    SELECT
        *,
        sum(updates) OVER (by_days ROWS UNBOUNDED PRECEDING) AS updates_until,
        sum(updates) OVER (by_days ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS all_updates
    FROM grouped_count
    WINDOW by_days AS (PARTITION BY account_id, severity_band, month ORDER BY days)
)
GROUP BY account_id, severity_band, month
ORDER BY month DESC
