-- Since when the executions of each window of an account and Region must be read again: since the oldest unfinished
-- one, or else since the newest.
SELECT window_id, coalesce(min(started_at) FILTER (ended_at IS NULL), max(started_at))
FROM window_execution
WHERE account_id = $1 AND region = $2 AND started_at IS NOT NULL
GROUP BY window_id
