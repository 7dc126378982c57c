-- What is stored of an account and Region: the newest request time of its runs, its last slow cycle, unfinished
-- commands that AWS may still have (since $3), finished commands that are stored with all results and may still be
-- listed, whether a log was lost since everything was last read, the last complete harvest, and the oldest unfinished
-- run of the last two days before the newest.
WITH command AS (
    SELECT
        command_id,
        max(requested_at) AS requested_at,
        count(*) AS results,
        bool_and(status IN {finished_run_statuses}) AS is_over
    FROM invocation
    WHERE account_id = $1 AND region = $2
    GROUP BY command_id
),
open_run AS (
    SELECT min(requested_at) AS oldest_at
    FROM run
    WHERE account_id = $1 AND region = $2 AND status NOT IN {finished_run_statuses}
        AND requested_at >= (SELECT max(requested_at) FROM command) - INTERVAL 48 HOUR
)
SELECT
    (SELECT max(requested_at) FROM command),
    (SELECT max(slow_cycle_at) FROM account_region WHERE account_id = $1 AND region = $2),
    (SELECT string_agg(command_id, chr(10)) FROM command WHERE NOT is_over AND requested_at >= $3),
    (
        SELECT string_agg(r.command_id, chr(10))
        FROM run r
        LEFT JOIN command c USING (command_id)
        WHERE r.account_id = $1 AND r.region = $2 AND coalesce(c.is_over, true)
            AND coalesce(c.results, 0) >= r.target_count
            AND r.status IN {finished_run_statuses}
            AND r.requested_at >= (SELECT max(requested_at) FROM command) - INTERVAL 50 HOUR
    ),
    (
        SELECT count(*) > 0
        FROM account_region
        WHERE account_id = $1 AND region = $2 AND lost_log_seen < (SELECT count(*) FROM lost_log)
    ),
    (SELECT max(last_good_at) FROM account_region WHERE account_id = $1 AND region = $2),
    (SELECT oldest_at FROM open_run)
