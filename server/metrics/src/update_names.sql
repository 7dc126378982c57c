-- `updates`: every update in scope with its instance and patch, without what depends on due dates. Follows
-- instance_names.sql.
,
updates AS (
    SELECT
        f.* EXCLUDE (first_seen_at),
        {update_columns},
        CASE WHEN u.pending_since IS NOT NULL THEN greatest(0, datesub('day', u.pending_since, $3::TIMESTAMP)) END AS age_days
    FROM instance_update u
    JOIN with_names f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
)
