-- The changes that match the filter.
SELECT kind, happened_at, title, kb_id, severity, from_state, to_state, instance_id, name, provider, account_id,
    account_name, customer_id, region
FROM changes
WHERE true {filters}
{order}
