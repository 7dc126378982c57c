-- `updates`: every update in scope with its instance and patch, without what depends on due dates. Follows
-- instance_names.sql.
,
updates AS (
    SELECT
        f.* EXCLUDE (first_seen_at),
        u.patch_key,
        u.state,
        u.classification,
        u.severity,
        {severity_band} AS severity_band,
        u.installed_at,
        u.cve_ids,
        u.first_seen_at,
        u.changed_at,
        u.pending_since,
        p.title,
        p.kb_id,
        u.absent_at,
        CASE WHEN u.pending_since IS NOT NULL THEN greatest(0, datesub('day', u.pending_since, $3::TIMESTAMP)) END AS age_days
    FROM instance_update u
    JOIN with_names f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
)
