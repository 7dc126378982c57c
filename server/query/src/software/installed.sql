-- `installed`: the packages and hotfixes of each current instance. Follows the definition of `instances`.
, installed AS (
    SELECT
        i.name AS instance_name, i.instance_key, i.instance_id, i.provider, i.account_id, i.account_name, i.customer_id,
        i.customer_name, i.region, i.platform_name, i.platform_version, s.*
    FROM (
        SELECT instance_key AS installed_on, name AS package, 'package' AS kind, version, architecture, publisher, installed_at
        FROM software
        UNION ALL
        SELECT instance_key, hot_fix_id, 'hotfix', '', '', '', installed_at
        FROM hotfix
    ) s
    JOIN instances i ON i.instance_key = s.installed_on
    WHERE i.gone_at IS NULL
)
