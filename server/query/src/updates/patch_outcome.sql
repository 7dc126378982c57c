-- `outcome`: how installing a patch went on each instance in scope on which it was tried. What happened under a former owner is
-- left out.
, patch_transition AS (
    SELECT t.instance_key, t.from_state, t.to_state, t.happened_at, CASE WHEN t.pending_since IS NOT NULL THEN greatest(t.pending_since, f.owned_from) END AS pending_since
    FROM transition t
    JOIN instances f ON f.instance_key = t.instance_key
    WHERE t.patch_key IN ({patch_keys}) AND t.happened_at >= f.owned_from
      AND t.scan_key NOT IN (SELECT scan_key FROM former_scan) {filters}
),
outcome AS (
    SELECT
        instance_key,
        bool_or(to_state = 'Failed') AS has_failed,
        bool_or(from_state LIKE 'Installed%' AND to_state IN {pending_states}) AS has_regressed
    FROM patch_transition
    GROUP BY instance_key
    HAVING bool_or(to_state = 'Failed' OR (from_state IN {pending_states} AND to_state LIKE 'Installed%'))
)
