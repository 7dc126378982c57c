-- Stores `pending_since` with updates and transitions, so that times to patch are read without joining the history. For
-- existing rows it is computed from their transitions.

ALTER TABLE instance_update ADD COLUMN pending_since TIMESTAMP;
ALTER TABLE transition ADD COLUMN pending_since TIMESTAMP;

-- All transitions into or out of the pending states. The keys of scans increase with time.
CREATE TEMP TABLE pending_turn AS
SELECT
    instance_key,
    patch_key,
    scan_key,
    ends,
    last_value(CASE WHEN NOT ends THEN happened_at END IGNORE NULLS) OVER (
        PARTITION BY instance_key, patch_key ORDER BY scan_key
    ) AS pending_since
FROM (
    SELECT
        instance_key,
        patch_key,
        scan_key,
        happened_at,
        coalesce(from_state IN ('Missing', 'Failed'), false) AS ends,
        coalesce(to_state IN ('Missing', 'Failed'), false) AS begins
    FROM transition
)
WHERE begins <> ends;

UPDATE transition t SET pending_since = p.pending_since
FROM pending_turn p
WHERE p.ends AND p.scan_key = t.scan_key AND p.instance_key = t.instance_key AND p.patch_key = t.patch_key;

UPDATE instance_update u SET pending_since = p.pending_since
FROM (
    SELECT instance_key, patch_key, arg_max(pending_since, scan_key) AS pending_since FROM pending_turn GROUP BY ALL
) p
WHERE u.state IN ('Missing', 'Failed') AND p.instance_key = u.instance_key AND p.patch_key = u.patch_key;

DROP TABLE pending_turn;
