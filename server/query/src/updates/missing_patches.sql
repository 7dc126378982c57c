-- The updates that are missing on most current instances. The first instance tells the package manager.
SELECT {description} AS description, f.kb_id AS name, f.title, f.severity, {severity_band} AS severity_band, f.instances, f.accounts, f.first_seen_at
FROM (
    SELECT p.title, p.kb_id, max(u.severity) AS severity,
        arg_min(f.uses_apt, f.instance_key) AS uses_apt, count(DISTINCT u.instance_key) AS instances,
        count(DISTINCT f.account_id) AS accounts, min(u.first_seen_at) AS first_seen_at
    FROM instance_update u
    JOIN instances f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
    WHERE u.state = 'Missing' AND f.gone_at IS NULL {filters}
    GROUP BY p.title, p.kb_id
    ORDER BY count(DISTINCT u.instance_key) DESC, p.title, p.kb_id
    LIMIT 8
) f, LATERAL (SELECT f.severity) u
ORDER BY f.instances DESC, f.title, f.kb_id
