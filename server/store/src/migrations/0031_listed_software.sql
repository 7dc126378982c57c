-- Adds a table of the versions of packages in each account, so that questions about software need not count all installations.

CREATE TABLE listed_software AS
SELECT
    i.account_id,
    i.region,
    i.platform_name,
    i.platform_version,
    s.kind,
    s.name,
    s.version,
    max(s.publisher) AS publisher,
    count(*) AS installations
FROM (
    SELECT instance_key, 'package' AS kind, name, version, publisher FROM software
    UNION ALL
    SELECT instance_key, 'hotfix', hot_fix_id, '', '' FROM hotfix
) s
JOIN listed_instance i ON i.instance_key = s.instance_key
WHERE i.gone_at IS NULL AND i.duplicate_since IS NULL
GROUP BY ALL
ORDER BY i.account_id, i.region;
