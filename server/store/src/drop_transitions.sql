-- Drops the transitions of scans before {to} that nothing goes back to any more. Since the last drop, up to {from}, only
-- instances with a scan in between can have any. What stays of each update:
-- - its last transition, if it was still reported then or is again: what comes later continues from it;
-- - the one with which the time began that it was pending for then;
-- - before one of these two that reports it anew, the one with which it had gone: it is back, not new.
-- And all of an instance's last scan, which says by which baseline the next one is another.
DELETE FROM transition WHERE rowid IN (
    WITH moved AS (
        SELECT instance_key, max(scan_key) AS last_scan
        FROM scan
        WHERE scan_key < {to}
        GROUP BY instance_key
        HAVING max(scan_key) >= {from}
    ),
    turn AS (
        SELECT
            t.rowid AS row_id,
            t.instance_key,
            t.patch_key,
            t.scan_key,
            t.to_state,
            t.scan_key = m.last_scan AS is_of_last_scan,
            coalesce(t.to_state IN {pending_states}, false) AS is_pending,
            coalesce(t.from_state IN {pending_states}, false) AS was_pending
        FROM transition t
        JOIN moved m ON m.instance_key = t.instance_key
        WHERE t.scan_key < {to}
    ),
    placed AS (
        SELECT
            *,
            row_number() OVER newest_first AS place,
            lag(scan_key) OVER newest_first AS next_scan,
            -- The scan with which the time began that it was pending for in the end, if it was.
            CASE WHEN first_value(is_pending) OVER newest_first THEN
                max(scan_key) FILTER (is_pending AND NOT was_pending) OVER (PARTITION BY instance_key, patch_key)
            END AS began_scan
        FROM turn
        WINDOW newest_first AS (PARTITION BY instance_key, patch_key ORDER BY scan_key DESC)
    ),
    back_again AS (
        SELECT DISTINCT instance_key, patch_key FROM transition WHERE scan_key >= {to} AND from_state IS NULL
    )
    SELECT p.row_id
    FROM placed p
    LEFT JOIN back_again b ON b.instance_key = p.instance_key AND b.patch_key = p.patch_key
    WHERE NOT (
        p.place = 1 AND (p.to_state IS NOT NULL OR p.is_of_last_scan OR b.patch_key IS NOT NULL)
        OR coalesce(p.scan_key = p.began_scan, false)
        OR p.to_state IS NULL AND (p.place = 2 OR coalesce(p.next_scan = p.began_scan, false))
    )
)
