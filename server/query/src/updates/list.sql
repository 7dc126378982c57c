-- The updates that match the filter.
SELECT
    state, title, classification, kb_id, severity, installed_at, instance_id, name, provider, account_id, account_name,
    customer_id, region, cve_ids, first_seen_at, changed_at, pending_since, released_on, approved_at, due_at, due, age_days
FROM updates f
WHERE true {filters}
{order}
