-- What became of a patch on each instance in scope that ever lacked it, by day: the instances on which it first became
-- pending, and those on which it stopped being so for good. The row without a day counts how installing it went. Follows
-- patch_outcome.sql.
, open_period AS (
    SELECT u.instance_key, greatest(u.pending_since, f.owned_from) AS pending_since, f.gone_at
    FROM instance_update u
    JOIN instances f ON f.instance_key = u.instance_key
    WHERE u.patch_key IN ({patch_keys}) AND u.pending_since IS NOT NULL {filters}
),
ever_pending AS (
    SELECT
        instance_key,
        min(pending_since)::DATE AS first_day,
        -- Open periods have no end, unless the instance is gone.
        CASE WHEN count(*) = count(ended_at) THEN max(ended_at)::DATE END AS last_day
    FROM (
        -- An agent may report that it installed the patch before anybody knew of it.
        SELECT instance_key, pending_since, greatest(happened_at, pending_since) AS ended_at
        FROM patch_transition
        WHERE pending_since IS NOT NULL
        UNION ALL
        SELECT instance_key, pending_since, CASE WHEN gone_at IS NOT NULL THEN greatest(gone_at, pending_since) END FROM open_period
    )
    GROUP BY instance_key
)
SELECT NULL AS day, 0 AS started, 0 AS ended, count(*) AS attempted, count(*) FILTER (has_failed) AS failed,
    count(*) FILTER (has_regressed) AS regressed
FROM outcome
UNION ALL BY NAME
SELECT day, sum(started)::BIGINT AS started, sum(ended)::BIGINT AS ended, 0 AS attempted, 0 AS failed, 0 AS regressed
FROM (
    SELECT first_day AS day, 1 AS started, 0 AS ended FROM ever_pending
    UNION ALL
    SELECT last_day, 0, 1 FROM ever_pending WHERE last_day IS NOT NULL
)
GROUP BY day
ORDER BY day NULLS FIRST
