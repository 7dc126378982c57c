-- `package`: the packages and hotfixes that match, by name. Follows installed.sql.
, package AS (
    SELECT
        package AS name,
        kind,
        coalesce(max(publisher), '') AS publisher,
        count(DISTINCT nullif(version, '')) AS versions,
        count(DISTINCT instance_key) AS instances,
        count(DISTINCT instance_key) FILTER (kind = 'package' AND version = '') AS unreported
    FROM installed
    WHERE true {filters}
    GROUP BY package, kind
)
