-- Every instance with its names, two of them from its tags, and its package manager. `row_filter` limits the instances
-- and baselines, `keys` the instances, tags and states, because a join alone would read them whole.
SELECT
    i.instance_key,
    i.account_id,
    i.region,
    i.instance_id,
    coalesce(t.name, {visible:i.name}, {visible:i.computer_name}, i.instance_id) AS name,
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
    i.registered_at,
    -- The baseline is of the operating system that Systems Manager found. Otherwise the reported packages tell.
    coalesce(b.uses_apt, s.uses_apt, false) AS uses_apt,
    i.first_seen_at,
    i.gone_at,
    coalesce(d.counted_id, '') AS duplicate_of,
    d.since AS duplicate_since,
    i.instance_state
FROM (SELECT * FROM instance WHERE {keys} AND {row_filter}) i
LEFT JOIN (
    -- One pass over the tags for both names.
    SELECT
        instance_key,
        any_value({visible:value}) FILTER (key = 'Name') AS name,
        arg_min(value, key) FILTER (key <> 'Name') AS patch_group
    FROM tag
    WHERE key IN ('Name', 'Patch Group', 'PatchGroup') AND {keys}
    GROUP BY instance_key
) t ON t.instance_key = i.instance_key
LEFT JOIN (SELECT * FROM instance_twin WHERE {keys}) d ON d.instance_key = i.instance_key
LEFT JOIN (SELECT instance_key, baseline_id, uses_apt FROM patch_state WHERE {keys}) s ON s.instance_key = i.instance_key
LEFT JOIN (
    SELECT account_id, region, baseline_id, bool_or(operating_system IN {apt_systems}) AS uses_apt
    FROM patch_baseline
    WHERE operating_system <> '' AND {row_filter}
    GROUP BY account_id, region, baseline_id
) b ON b.account_id = i.account_id AND b.region = i.region AND b.baseline_id = s.baseline_id
