-- The rows of `listed_software`: how often each version of a package, and each hotfix, is installed on current instances, by
-- account, Region and operating system. Names of `listed`, a statement that has the instances, and of `keys`, a condition on
-- their keys, in braces.
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
    SELECT instance_key, 'package' AS kind, name, version, publisher FROM software WHERE {keys}
    UNION ALL
    SELECT instance_key, 'hotfix', hot_fix_id, '', '' FROM hotfix WHERE {keys}
) s
JOIN (
    SELECT instance_key, account_id, region, platform_name, platform_version
    FROM ({listed})
    WHERE gone_at IS NULL AND duplicate_since IS NULL
) i ON i.instance_key = s.instance_key
GROUP BY ALL
