-- When a run was requested.
SELECT epoch_us(min(r.requested_at))
FROM run r
JOIN region_state s ON s.account_id = r.account_id AND s.region = r.region
WHERE r.requested_at >= s.owned_from {filters}
