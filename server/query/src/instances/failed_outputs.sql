-- The output of the failed steps of an instance's newest runs.
SELECT o.command_id, o.step, o.standard_output, o.standard_error
FROM invocation_output o
JOIN instances f ON f.account_id = o.account_id AND f.region = o.region AND f.instance_id = o.instance_id
LEFT JOIN run r ON r.account_id = o.account_id AND r.region = o.region AND r.command_id = o.command_id
WHERE coalesce(r.requested_at, o.read_at) >= f.owned_from {filters}
ORDER BY coalesce(r.requested_at, o.read_at) DESC, o.command_id, o.step
LIMIT 20
