-- The changes that the filter leaves.
SELECT kind, happened_at, title, kb_id, severity, from_state, to_state, instance_id, name, provider, account_id,
    account_name, customer_id, region
FROM change_fact
WHERE true {filters}
{order}
