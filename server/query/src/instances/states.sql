-- The number of an instance's updates in each state.
SELECT u.state, count(*) AS updates FROM instance_update u JOIN instances f ON f.instance_key = u.instance_key
WHERE true {filters}
GROUP BY u.state
