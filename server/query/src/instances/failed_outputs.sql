-- The output of the failed steps of an instance's newest runs.
SELECT o.command_id, o.step, o.standard_output, o.standard_error
FROM invocation_output o
LEFT JOIN run r ON r.account_id = o.account_id AND r.region = o.region AND r.command_id = o.command_id
WHERE o.account_id = {account_id} AND o.region = {region} AND o.instance_id = {instance_id}
  AND coalesce(r.requested_at, o.read_at) >= {owned_from}
ORDER BY coalesce(r.requested_at, o.read_at) DESC, o.command_id, o.step
LIMIT 20
