-- The EC2 instances that Systems Manager does not manage, as far as AWS lists them; null where it lists none.
SELECT CASE WHEN count(DISTINCT l.account_id) > 0 THEN count(u.node_id) END
FROM {node_listings} l
JOIN (SELECT DISTINCT account_id, provider, customer_id FROM region_state) f ON f.account_id = l.account_id
LEFT JOIN unmanaged_instance u ON u.account_id = l.account_id AND u.region = l.region
WHERE l.lists_unmanaged {filters}
