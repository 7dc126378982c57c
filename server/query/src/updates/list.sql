-- The updates that match the filter.
SELECT
    f.state AS install_status, {description} AS description, f.classification, f.kb_id AS name,
    f.severity, f.installed_at AS install_time, f.instance_id, f.name AS instance_name, f.provider, f.account_id,
    f.account_name, f.customer_id, f.region, replace(f.cve_ids, ',', chr(10)) AS cve_ids, f.first_seen_at, f.changed_at,
    f.pending_since, f.age_days, f.released_on, f.approved_at, f.due_at, f.due, f.severity_band,
    (f.instance_key, f.patch_key) IN (SELECT (e.instance_key, e.patch_key) FROM excepted e) AS is_excepted
FROM updates f
WHERE true {filters}
{order}
