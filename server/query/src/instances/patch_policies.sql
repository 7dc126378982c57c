-- The patch policies of an instance, and those that target a resource group, of which its members are not known.
WITH certain AS (
    SELECT configuration_id, name, true AS is_known
    FROM ({patch_policies})
), possible AS (
    SELECT configuration_id, name, false AS is_known
    FROM patch_policy
    WHERE account_id = {account_id} AND region = {region} AND is_target
      AND target_type NOT IN ('*', 'InstanceIds', 'Tags')
      AND configuration_id NOT IN (SELECT configuration_id FROM certain)
)
SELECT k.configuration_id, k.name, {region}::VARCHAR AS region, {policy_details}, true AS is_target, 0 AS instances,
    k.is_known
FROM (FROM certain UNION ALL FROM possible) k
LEFT JOIN patch_policy p
    ON p.account_id = {account_id} AND p.region = {region} AND p.configuration_id = k.configuration_id
ORDER BY k.is_known DESC, lower(k.name), k.configuration_id
