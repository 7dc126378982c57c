-- Records the figures of day $5 by account. Accounts without instances have no row and count as zero.
, pending_update AS (
    SELECT f.account_id, {severity_band} AS band
    FROM instance_update u
    JOIN instances f ON f.instance_key = u.instance_key
    WHERE u.state IN {pending_states} AND f.gone_at IS NULL
),
banded AS (
    SELECT
        account_id,
        count(*) FILTER (band = 'critical') AS critical,
        count(*) FILTER (band = 'important') AS important,
        count(*) FILTER (band = 'moderate') AS moderate,
        count(*) FILTER (band = 'low') AS low,
        count(*) FILTER (band = 'unrated') AS unrated
    FROM pending_update
    GROUP BY account_id
)
INSERT INTO account_day (
    day, account_id, instances, online_instances, pending_os_updates, instances_pending_os_updates,
    pending_agent_updates, {statuses}, runs_succeeded, runs_total,
    pending_critical, pending_important, pending_moderate, pending_low, pending_unrated
)
SELECT
    $5,
    f.account_id,
    count(*),
    count(*) FILTER (f.online),
    coalesce(sum(f.pending_os_updates), 0),
    count(*) FILTER (f.pending_os_updates > 0),
    count(*) FILTER (NOT f.agent_is_latest),
    {instances_by_status},
    count(*) FILTER (f.run_status = 'Success'),
    count(f.run_status),
    coalesce(any_value(b.critical), 0),
    coalesce(any_value(b.important), 0),
    coalesce(any_value(b.moderate), 0),
    coalesce(any_value(b.low), 0),
    coalesce(any_value(b.unrated), 0)
FROM instances f
LEFT JOIN banded b ON b.account_id = f.account_id
WHERE f.gone_at IS NULL
GROUP BY f.account_id
