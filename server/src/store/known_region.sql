-- How far the runs of an account and Region are known, and when its slow cycle was last done.
SELECT
    (SELECT max(requested_at) FROM invocation WHERE account_id = $1 AND region = $2),
    (SELECT max(slow_cycle_at) FROM account_region WHERE account_id = $1 AND region = $2),
    (
        SELECT string_agg(DISTINCT command_id, chr(10)) FROM invocation
        WHERE account_id = $1 AND region = $2 AND status NOT IN ('Success', 'Failed', 'TimedOut', 'Cancelled')
    )
