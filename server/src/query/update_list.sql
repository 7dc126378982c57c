-- The updates that the filter leaves.
SELECT
    u.state, p.title, u.classification, p.kb_id, u.severity, u.installed_at, f.instance_id, f.name, f.provider,
    f.account_id, f.account_name, f.customer_id, f.region, u.cve_ids, u.first_seen_at, u.changed_at,
    u.pending_since,
{clock}
FROM instance_update u
JOIN clock_fact f ON f.instance_key = u.instance_key
JOIN patch p ON p.patch_key = u.patch_key
WHERE true {filters}
{order}
