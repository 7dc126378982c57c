-- The changes that match the filter.
SELECT f.kind, f.happened_at, {description} AS description, f.kb_id AS name, f.severity, f.from_state,
    f.to_state, f.instance_id, f.name AS instance_name, f.provider, f.account_id, f.account_name, f.customer_id, f.region,
    f.severity_band
FROM changes f
WHERE true {filters}
{order}
