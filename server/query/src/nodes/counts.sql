-- AWS's counts of managed nodes beside ours, differing ones first.
SELECT
    l.account_id, c.node_region AS region, c.resource_type, c.nodes, c.instances, c.unlisted_instances,
    h.region IS NOT NULL AS is_harvested,
    c.differs_since,
    coalesce(c.differs_since < l.read_at, false) AS is_confirmed
FROM {node_listings} l
JOIN node_count c ON c.account_id = l.account_id AND c.region = l.region
LEFT JOIN region_state h ON h.account_id = l.account_id AND h.region = c.node_region
WHERE true {filters}
ORDER BY is_confirmed DESC, c.differs_since NULLS LAST, l.account_id, c.node_region, c.resource_type
