-- The number of an instance's updates in each state.
SELECT state, count(*) AS updates
FROM instance_update
WHERE instance_key = {instance_key}
GROUP BY state
