-- The baselines that belong to an account or that its patch groups or current instances use, with their rules.
, used AS (
    SELECT f.account_id, f.region, s.baseline_id, count(*) AS instances
    FROM instances f JOIN patch_state s ON s.instance_key = f.instance_key
    WHERE f.gone_at IS NULL GROUP BY ALL
), grouped AS (
    SELECT account_id, region, baseline_id, string_agg(patch_group, chr(10) ORDER BY patch_group) AS patch_groups
    FROM patch_group GROUP BY ALL
), ruled AS (
    SELECT account_id, region, baseline_id,
        string_agg(coalesce(approve_after_days::VARCHAR, '') || '/' || approve_until, chr(10) ORDER BY position) AS rules
    FROM patch_rule GROUP BY ALL
)
SELECT b.baseline_id, b.name, b.region, b.operating_system, b.is_default, coalesce(g.patch_groups, '') AS patch_groups,
    coalesce(u.instances, 0) AS instances, coalesce(d.available_security_updates_compliance, '') AS available_security_updates_compliance,
    CASE WHEN d.baseline_id IS NULL THEN NULL ELSE coalesce(l.rules, '') END AS rules
FROM patch_baseline b
JOIN region_state r ON r.account_id = b.account_id AND r.region = b.region
LEFT JOIN used u ON u.account_id = b.account_id AND u.region = b.region AND u.baseline_id = b.baseline_id
LEFT JOIN grouped g ON g.account_id = b.account_id AND g.region = b.region AND g.baseline_id = b.baseline_id
LEFT JOIN patch_baseline_detail d
    ON d.account_id = b.account_id AND d.region = b.region AND d.baseline_id = b.baseline_id
LEFT JOIN ruled l ON l.account_id = b.account_id AND l.region = b.region AND l.baseline_id = b.baseline_id
WHERE (b.baseline_id LIKE 'pb-%' OR g.patch_groups IS NOT NULL OR u.instances IS NOT NULL) {filters}
ORDER BY u.instances DESC NULLS LAST, b.operating_system, b.name, b.baseline_id, b.region
