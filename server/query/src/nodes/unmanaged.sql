-- The instances of an account that Systems Manager does not manage.
SELECT
    u.node_id AS instance_id, u.name, u.node_region AS region, u.computer_name, u.ip_address, u.platform_name,
    u.platform_version, u.captured_at
FROM {node_listings} l
JOIN unmanaged_instance u ON u.account_id = l.account_id AND u.region = l.region
WHERE l.lists_unmanaged {filters}
ORDER BY u.node_region, lower(u.name), u.node_id
