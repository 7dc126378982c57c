-- `targeted_instance`: the instances that each maintenance window and each patch policy targets. Follows window_instances.sql.
, targeted_instance AS (
    SELECT account_id, region, window_id AS id, instance_key FROM window_instance
    UNION ALL
    SELECT p.account_id, p.region, p.configuration_id, f.instance_key
    FROM patch_policy p
    JOIN instances f ON f.account_id = p.account_id AND f.region = p.region
        AND list_contains(string_split(f.patch_policy, ', '), p.name)
    WHERE p.is_target AND f.patch_policy <> ''
)
