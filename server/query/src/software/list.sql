-- The installed packages that match the filter, a row for each instance.
SELECT
    f.instance_name, f.instance_id, f.package AS name, f.kind, f.version, f.architecture, f.publisher, f.installed_at, f.provider,
    f.account_id, f.account_name, f.customer_id, f.customer_name, f.region, f.platform_name, f.platform_version
FROM installed f
WHERE true {filters}
{order}
