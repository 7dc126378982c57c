-- The exceptions that match the filter, with the pending updates that each is about.
SELECT
    f.exception_id, f.state, f.kind, f.cve, f.kb_id AS name, f.title, f.provider, f.account_id, f.account_name, f.customer_id,
    f.customer_name, f.patch_group, f.instance_id, coalesce(f.target_name, '') AS instance_name, f.reason,
    f.made_by_name AS made_by, f.made_at, f.until_day,
    CASE WHEN f.state = 'revoked' THEN f.revoked_by_name ELSE '' END AS revoked_by,
    CASE WHEN f.state = 'revoked' THEN f.revoked_at END AS revoked_at,
    f.exploited_on, f.pending_updates, f.excepted_updates
FROM listed_exception f
WHERE true {filters}
{order}
