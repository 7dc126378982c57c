-- The failed results since $3, newest first, and whether their output is stored.
SELECT v.command_id, v.instance_id, v.step, o.command_id IS NOT NULL
FROM invocation v
LEFT JOIN invocation_output o USING (account_id, region, command_id, instance_id)
WHERE v.account_id = $1 AND v.region = $2 AND v.requested_at >= $3 AND v.status = 'Failed' AND v.step IS NOT NULL
ORDER BY v.requested_at DESC, v.instance_id
