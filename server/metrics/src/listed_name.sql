-- Every instance with its names, two of them from its tags. `row_filter` and `keys` limit the instances; `keys` also
-- limits the tags, because a join alone would read them whole.
SELECT
    i.instance_key,
    i.account_id,
    i.region,
    i.instance_id,
    coalesce(t.name, nullif(i.name, ''), nullif(i.computer_name, ''), i.instance_id) AS name,
    i.computer_name,
    i.ip_address,
    i.platform_type,
    i.platform_name,
    i.platform_version,
    i.agent_version,
    i.agent_rank,
    i.agent_is_latest,
    i.ping_status,
    t.patch_group AS tagged_patch_group,
    i.first_seen_at,
    i.gone_at
FROM (SELECT * FROM instance WHERE {keys} AND {row_filter}) i
LEFT JOIN (
    -- One pass over the tags for both names.
    SELECT
        instance_key,
        any_value(value) FILTER (key = 'Name' AND value <> '') AS name,
        arg_min(value, key) FILTER (key <> 'Name') AS patch_group
    FROM tag
    WHERE key IN ('Name', 'Patch Group', 'PatchGroup') AND {keys}
    GROUP BY instance_key
) t ON t.instance_key = i.instance_key
