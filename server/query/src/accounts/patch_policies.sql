-- An account's patch policies with the number of instances that they patch, those included that only tags name.
, policed AS (
    SELECT f.account_id, f.region, m.configuration_id, m.name, count(DISTINCT f.instance_key) AS instances
    FROM ({patch_policies}) m
    JOIN instances f ON f.instance_key = m.instance_key
    WHERE f.gone_at IS NULL
    GROUP BY ALL
)
SELECT coalesce(p.configuration_id, '') AS configuration_id, coalesce(p.name, n.name) AS name, r.region,
    {policy_details}, coalesce(p.is_target, true) AS is_target, coalesce(n.instances, 0) AS instances, true AS is_known
FROM patch_policy p
FULL JOIN policed n
    ON n.account_id = p.account_id AND n.region = p.region AND n.configuration_id = p.configuration_id
JOIN region_state r ON r.account_id = coalesce(p.account_id, n.account_id) AND r.region = coalesce(p.region, n.region)
WHERE true {filters}
ORDER BY lower(coalesce(p.name, n.name)), r.region, p.configuration_id
