-- The instances that match the filter with their class of coverage.
SELECT
    f.name AS instance_name, f.instance_id, f.coverage, f.since, f.provider, f.account_id, f.account_name, f.customer_id,
    f.customer_name, f.region, f.platform_name, f.platform_version, f.patch_group, f.patch_policy, f.last_scan_at
FROM coverage f
WHERE true {filters}
{order}
