-- What the failed steps of a run printed.
SELECT f.instance_id, o.command_id, o.step, o.standard_output, o.standard_error
FROM invocation_output o
JOIN instances f ON f.account_id = o.account_id AND f.region = o.region AND f.instance_id = o.instance_id
WHERE o.read_at >= f.owned_from {filters}
ORDER BY f.name, f.instance_id, o.step
LIMIT 100
