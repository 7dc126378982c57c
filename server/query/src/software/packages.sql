-- `package`: the packages and hotfixes that match, by name. Follows counted.sql.
, package AS (
    SELECT
        name,
        kind,
        coalesce(max(publisher), '') AS publisher,
        count(DISTINCT version) FILTER (version <> '') AS versions,
        sum(installations)::BIGINT AS installations,
        coalesce(sum(installations) FILTER (kind = 'package' AND version = ''), 0)::BIGINT AS unreported
    FROM counted
    WHERE true {filters}
    GROUP BY name, kind
)
