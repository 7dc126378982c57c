-- The current instances of an account and Region, with what a short list of instances does not have.
SELECT instance_id, name, ip_address, agent_version, agent_is_latest
FROM instance
WHERE account_id = $1 AND region = $2 AND gone_at IS NULL
