-- Drops the transitions of scans before {to} that no later transition and no current row continues from. Only instances
-- with a scan since the last drop, from {from} on, can have such transitions. These are kept of each update:
-- - its last transition, if it was still reported then or is reported again;
-- - the transition since which it was pending then;
-- - if one of these two reports the update again, the transition before it, with which the update was no longer reported:
--   this tells an update that is back from a new one.
-- All transitions of an instance's last scan are kept, because the next scan's baseline is compared with it.
DELETE FROM transition WHERE rowid IN (
    WITH moved AS (
        SELECT instance_key, max(scan_key) AS last_scan
        FROM scan
        WHERE scan_key < {to}
        GROUP BY instance_key
        HAVING max(scan_key) >= {from}
    ),
    old AS (
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
    ranked AS (
        SELECT
            *,
            row_number() OVER newest_first AS position,
            lag(scan_key) OVER newest_first AS next_scan,
            -- The scan since which the update was pending in the end, if it was.
            CASE WHEN first_value(is_pending) OVER newest_first THEN
                max(scan_key) FILTER (is_pending AND NOT was_pending) OVER (PARTITION BY instance_key, patch_key)
            END AS pending_scan
        FROM old
        WINDOW newest_first AS (PARTITION BY instance_key, patch_key ORDER BY scan_key DESC)
    ),
    reported_again AS (
        SELECT DISTINCT instance_key, patch_key FROM transition WHERE scan_key >= {to} AND from_state IS NULL
    )
    SELECT p.row_id
    FROM ranked p
    LEFT JOIN reported_again b ON b.instance_key = p.instance_key AND b.patch_key = p.patch_key
    WHERE NOT (
        p.position = 1 AND (p.to_state IS NOT NULL OR p.is_of_last_scan OR b.patch_key IS NOT NULL)
        OR coalesce(p.scan_key = p.pending_scan, false)
        OR p.to_state IS NULL AND (p.position = 2 OR coalesce(p.next_scan = p.pending_scan, false))
    )
)
