-- transitions that do not continue from the previous state
SELECT count(*) FROM (
    SELECT scan_key, from_state,
        lag(to_state) OVER (PARTITION BY instance_key, patch_key ORDER BY scan_key) AS before
    FROM transition)
WHERE from_state IS DISTINCT FROM before AND scan_key >= (SELECT scan_key FROM retention);

-- updates in another state than their last transition's
SELECT count(*) FROM (
    SELECT instance_key, patch_key, arg_max_null(to_state, scan_key) AS state FROM transition GROUP BY ALL
) t FULL JOIN instance_update u USING (instance_key, patch_key) WHERE t.state IS DISTINCT FROM u.state;

-- updates that changed or were first seen at another time than their transitions
SELECT count(*) FROM (
    SELECT t.instance_key, t.patch_key, arg_max(s.seen_at, scan_key) AS changed_at,
        arg_max(s.seen_at, scan_key) FILTER (t.from_state IS NULL) AS first_seen_at
    FROM transition t JOIN scan s USING (scan_key) GROUP BY ALL
) t JOIN instance_update u USING (instance_key, patch_key)
WHERE t.changed_at <> u.changed_at OR t.first_seen_at <> u.first_seen_at;

-- updates that are pending since another time than their transition
SELECT count(*) FROM instance_update u LEFT JOIN (
    SELECT instance_key, patch_key, arg_max(happened_at, scan_key) AS happened_at FROM transition
    WHERE to_state IN {pending_states} AND coalesce(from_state NOT IN {pending_states}, true)
    GROUP BY ALL
) t USING (instance_key, patch_key)
WHERE u.pending_since IS DISTINCT FROM CASE WHEN u.state IN {pending_states} THEN t.happened_at END;

-- transitions with another `pending_since` than the pending time that they end
SELECT count(*) FROM (
    SELECT scan_key, pending_since, from_state IN {pending_states} AS ends,
        lag(happened_at) OVER (PARTITION BY instance_key, patch_key ORDER BY scan_key) AS began
    FROM transition
    WHERE coalesce(to_state IN {pending_states}, false)
       <> coalesce(from_state IN {pending_states}, false)
    UNION ALL
    SELECT scan_key, pending_since, false, NULL FROM transition
    WHERE coalesce(to_state IN {pending_states}, false)
        = coalesce(from_state IN {pending_states}, false)
) WHERE pending_since IS DISTINCT FROM CASE WHEN ends THEN began END
    AND scan_key >= (SELECT scan_key FROM retention);

-- past updates or states that overlap others, or end before they begin
SELECT count(*) FROM (
SELECT from_day, until_day, lead(from_day) OVER (PARTITION BY kind, instance_key, patch_key ORDER BY from_day)
    AS next_day
FROM (
    SELECT 'update' AS kind, instance_key, patch_key, from_day, until_day FROM past_instance_update
    UNION ALL SELECT 'update', instance_key, patch_key, from_day, NULL FROM instance_update
    UNION ALL SELECT 'state', instance_key, 0, from_day, until_day FROM past_patch_state
    UNION ALL SELECT 'state', instance_key, 0, from_day, NULL FROM patch_state
    UNION ALL SELECT 'instance', instance_key, 0, from_day, until_day FROM past_instance
    UNION ALL SELECT 'instance', instance_key, 0, from_day, NULL FROM instance
)) WHERE until_day <= from_day OR next_day < coalesce(until_day, DATE 'infinity');

-- updates that an instance has twice
SELECT coalesce(sum(times - 1), 0)::BIGINT FROM (
SELECT count(*) AS times FROM instance_update GROUP BY instance_key, patch_key HAVING count(*) > 1);
