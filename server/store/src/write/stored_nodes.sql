-- The current instances of an account in the Regions of the roster, and those of them that Systems Manager does not list.
SELECT i.region, i.resource_type, count(*), count(*) FILTER (i.instance_state IN ('stopped', 'agent_lost'))
FROM instance i
JOIN account_region r ON r.account_id = i.account_id AND r.region = i.region AND r.removed_at IS NULL
WHERE i.account_id = $1 AND i.gone_at IS NULL
GROUP BY i.region, i.resource_type
