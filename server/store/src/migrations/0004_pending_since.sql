-- Since when an update is pending, kept with it and with the transition that ends it, so that how long updates took is
-- read in one go and needs no history put together. Stores of before get both from their transitions.

-- When it became Missing or Failed, and was nothing else since; null while it is neither.
ALTER TABLE instance_update ADD COLUMN pending_since TIMESTAMP;

-- Of a transition out of these two states, or of an update that went away in one of them: since when it was pending.
ALTER TABLE transition ADD COLUMN pending_since TIMESTAMP;

-- Every transition into or out of the pending states. Keys of scans grow with time.
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
