-- The accounts whose nodes AWS lists, or may not list to us.
SELECT s.provider, l.account_id, s.account_name, s.customer_name, l.read_at, l.denied
FROM {node_listings} l
JOIN region_state s ON s.account_id = l.account_id AND s.region = l.region
WHERE true {filters}
ORDER BY lower(s.account_name), l.account_id
