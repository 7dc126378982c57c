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
with_duration AS (
    SELECT
        f.account_id,
        {severity_band} AS severity_band,
        -- Of the month of {since} and earlier ones only long periods are left, so these months are one group.
        CASE
            WHEN u.pending_since >= date_trunc('month', {since}::TIMESTAMP) + INTERVAL 1 MONTH
                THEN strftime(u.pending_since, '%Y-%m')
            ELSE 'earlier'
        END AS month,
        CASE
            WHEN u.to_state LIKE 'Installed%' THEN 'installed'
            WHEN u.ended_at IS NULL AND f.gone_at IS NULL THEN 'open'
            ELSE 'gone'
        END AS outcome,
        greatest(0, epoch_ms(coalesce(u.ended_at, f.gone_at, {now})) - epoch_ms(u.pending_since)) AS took_ms
    FROM pending_period u
    JOIN instances f ON f.instance_key = u.instance_key
    WHERE (u.ended_at IS NOT NULL OR f.gone_at IS NULL OR f.gone_at >= {since})
      AND coalesce(u.ended_at >= f.owned_from, true) {filters}
)
SELECT
    account_id, severity_band, month, updates AS patch_time_updates, installed AS patch_time_installed,
    gone AS patch_time_gone, open AS patch_time_open, round(took[1] / 86400000, 1) AS patch_time_median_days,
    round(took[2] / 86400000, 1) AS patch_time_p90_days
FROM (
    SELECT
        account_id,
        severity_band,
        month,
        count(*) AS updates,
        count(*) FILTER (outcome = 'installed') AS installed,
        count(*) FILTER (outcome = 'gone') AS gone,
        count(*) FILTER (outcome = 'open') AS open,
        quantile_disc(took_ms, [0.5, 0.9]) AS took
    FROM with_duration
    GROUP BY GROUPING SETS ((account_id), (severity_band), (month), ())
)
ORDER BY month DESC
