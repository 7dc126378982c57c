-- Every patch policy of each instance: that targets it, or that its tag names, which AWS gives to what a policy patches. The
-- members of resource groups are not known, so only the tag tells there. `row_filter` limits accounts and Regions, `keys`
-- instances.
SELECT i.instance_key, p.configuration_id, p.name
FROM (SELECT * FROM patch_policy WHERE is_target AND target_type IN ('*', 'InstanceIds') AND {row_filter}) p
JOIN (SELECT instance_key, account_id, region, instance_id FROM instance WHERE {keys} AND {row_filter}) i
    ON i.account_id = p.account_id AND i.region = p.region
WHERE p.target_type = '*' OR list_contains(string_split(p.target_instances, ','), i.instance_id)
UNION
SELECT i.instance_key, p.configuration_id, p.name
FROM (SELECT * FROM patch_policy WHERE is_target AND target_type = 'Tags' AND {row_filter}) p
JOIN (SELECT instance_key, account_id, region FROM instance WHERE {keys} AND {row_filter}) i
    ON i.account_id = p.account_id AND i.region = p.region
JOIN (SELECT instance_key, key, value FROM tag WHERE {keys}) t
    ON t.instance_key = i.instance_key AND t.key = p.target_tag_key AND t.value = p.target_tag_value
UNION
-- Of a policy that could not be read only the name is known.
SELECT i.instance_key, coalesce(p.configuration_id, ''), t.value
FROM (SELECT instance_key, value FROM tag WHERE starts_with(key, 'QSConfigName-') AND {visible:value} IS NOT NULL AND {keys}) t
JOIN (SELECT instance_key, account_id, region FROM instance WHERE {keys} AND {row_filter}) i
    ON i.instance_key = t.instance_key
LEFT JOIN (SELECT account_id, region, configuration_id, name FROM patch_policy WHERE {row_filter}) p
    ON p.account_id = i.account_id AND p.region = i.region AND p.name = t.value
