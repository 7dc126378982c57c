-- How many updates of an instance are in each state.
SELECT u.state, count(*) FROM instance_update u JOIN fact f ON f.instance_key = u.instance_key
WHERE true {filters}
GROUP BY u.state
