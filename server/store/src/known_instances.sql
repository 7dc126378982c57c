-- The stored instances of an account and Region, with the patch operation whose updates are stored, unless they may
-- have been lost with a damaged log.
SELECT i.instance_id, i.gone_at IS NULL, o.instance_key IS NOT NULL AND u.instance_key IS NULL, o.operation_end_at,
    o.operation, o.snapshot_id, s.baseline_id, i.instance_state NOT IN ('stopped', 'agent_lost')
FROM instance i
LEFT JOIN patch_operation o USING (instance_key)
LEFT JOIN patch_state s USING (instance_key)
LEFT JOIN unsure_instance u USING (instance_key)
WHERE i.account_id = $1 AND i.region = $2
