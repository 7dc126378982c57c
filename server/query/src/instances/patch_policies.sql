-- The patch policies of an instance, and those that target a resource group, of which its members are not known.
, certain AS (
    SELECT f.account_id, f.region, m.configuration_id, m.name, true AS is_known
    FROM instances f
    JOIN ({patch_policies}) m ON m.instance_key = f.instance_key
    WHERE true {filters}
), possible AS (
    SELECT f.account_id, f.region, p.configuration_id, p.name, false AS is_known
    FROM instances f
    JOIN patch_policy p ON p.account_id = f.account_id AND p.region = f.region
    WHERE p.is_target AND p.target_type NOT IN ('*', 'InstanceIds', 'Tags')
      AND p.configuration_id NOT IN (SELECT configuration_id FROM certain) {filters}
)
SELECT k.configuration_id, k.name, k.region, {policy_details}, true AS is_target, 0 AS instances, k.is_known
FROM (FROM certain UNION ALL FROM possible) k
LEFT JOIN patch_policy p
    ON p.account_id = k.account_id AND p.region = k.region AND p.configuration_id = k.configuration_id
ORDER BY k.is_known DESC, lower(k.name), k.configuration_id
