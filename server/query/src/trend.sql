-- The figures of each day, summed over the accounts in scope. A day has a record if a round recorded any account on it,
-- in scope or not: an account without instances has no row then and counts as zero. Days before the first row of any
-- account in scope have no record. A figure that one of the rows lacks is null, never a partial sum.
-- `account_in_scope` is not materialized, so that for one account only its rows are read.
, account_in_scope AS NOT MATERIALIZED (
    SELECT DISTINCT a.account_id, a.owned_from FROM region_state a WHERE true {filters}
),
day_in_scope AS (
    SELECT d.day, d.account_id, d.instances, d.online_instances, d.pending_os_updates, d.instances_pending_os_updates,
        d.pending_agent_updates, d.runs_succeeded, d.runs_total, {statuses}, d.pending_critical, d.pending_important, d.pending_moderate, d.pending_low,
        d.pending_unrated
    FROM account_day d
    JOIN account_in_scope a ON a.account_id = d.account_id AND a.owned_from::DATE <= d.day
    WHERE d.day BETWEEN {from} AND {to}
),
-- Reads all days, and therefore no columns of figures.
first_record AS (
    SELECT min(d.day) AS day
    FROM account_day d
    JOIN account_in_scope a ON a.account_id = d.account_id AND a.owned_from::DATE <= d.day
),
recorded AS (
    SELECT DISTINCT day FROM account_day
    WHERE day BETWEEN {from} AND {to} AND day >= (SELECT day FROM first_record)
),
summed AS (
    SELECT
        r.day,
        coalesce(sum(o.instances), 0)::BIGINT AS instances,
        coalesce(sum(o.online_instances), 0)::BIGINT AS online_instances,
        coalesce(sum(o.pending_os_updates), 0)::BIGINT AS pending_os_updates,
        coalesce(sum(o.instances_pending_os_updates), 0)::BIGINT AS instances_pending_os_updates,
        coalesce(sum(o.pending_agent_updates), 0)::BIGINT AS pending_agent_updates,
        {sums_of_statuses},
        -- These columns were added by the same later migration.
        count(o.account_id) = count(o.runs_total) AS is_whole,
        coalesce(sum(o.runs_succeeded), 0)::BIGINT AS runs_succeeded,
        coalesce(sum(o.runs_total), 0)::BIGINT AS runs_total,
        coalesce(sum(o.pending_critical), 0)::BIGINT AS pending_critical,
        coalesce(sum(o.pending_important), 0)::BIGINT AS pending_important,
        coalesce(sum(o.pending_moderate), 0)::BIGINT AS pending_moderate,
        coalesce(sum(o.pending_low), 0)::BIGINT AS pending_low,
        coalesce(sum(o.pending_unrated), 0)::BIGINT AS pending_unrated
    FROM recorded r
    LEFT JOIN day_in_scope o ON o.day = r.day
    GROUP BY r.day
)
SELECT
    day, instances, online_instances, pending_os_updates, instances_pending_os_updates, pending_agent_updates,
    CASE WHEN is_whole THEN {run_success_percent} END AS run_success_percent,
    CASE WHEN is_whole THEN runs_succeeded END AS runs_succeeded,
    CASE WHEN is_whole THEN runs_total END AS runs_total,
    {statuses},
    CASE WHEN is_whole THEN pending_critical END AS pending_critical,
    CASE WHEN is_whole THEN pending_important END AS pending_important,
    CASE WHEN is_whole THEN pending_moderate END AS pending_moderate,
    CASE WHEN is_whole THEN pending_low END AS pending_low,
    CASE WHEN is_whole THEN pending_unrated END AS pending_unrated
FROM summed
ORDER BY day
