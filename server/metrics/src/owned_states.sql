-- `owned_states`: `update_states`, except that updates of accounts that changed owners are compared with their states when
-- that happened. As this is within a day, they are the states before the first transition and after the last one. Follows
-- update_states.sql.
,
owned_later AS (SELECT instance_key FROM with_names WHERE owned_from > '-infinity'::TIMESTAMP),
owned_states AS (
    SELECT * FROM update_states WHERE instance_key NOT IN (SELECT instance_key FROM owned_later)
    UNION ALL
    SELECT
        t.instance_key,
        t.patch_key,
        arg_min_null(t.from_state, t.scan_key),
        arg_max_null(t.to_state, t.scan_key)
    FROM transition t
    JOIN scan c ON c.scan_key = t.scan_key
    WHERE t.instance_key IN (SELECT instance_key FROM owned_later)
      AND c.seen_at >= ($3::DATE + 1)::TIMESTAMP_S AND t.scan_key NOT IN (FROM former_scan)
    GROUP BY t.instance_key, t.patch_key
)
