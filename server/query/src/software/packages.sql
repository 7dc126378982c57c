-- `package`: the packages and hotfixes that match, by name. Follows installed.sql. Counted by version first, which takes a tenth
-- of counting different instances.
, package AS (
    SELECT
        package AS name,
        kind,
        coalesce(max(publisher), '') AS publisher,
        count(*) FILTER (version <> '') AS versions,
        sum(installations)::BIGINT AS installations,
        coalesce(sum(installations) FILTER (kind = 'package' AND version = ''), 0)::BIGINT AS unreported
    FROM (
        SELECT package, kind, version, max(publisher) AS publisher, count(*) AS installations
        FROM installed
        WHERE true {filters}
        GROUP BY package, kind, version
    )
    GROUP BY package, kind
)
