-- `with_month`: every update in scope with its instance, patch and the month that its title names. From here to
-- `updates`, each step is an expression of its own, because DuckDB copies a column into every place of the same list
-- that names it. Follows instance_policies.sql.
,
-- Systems Manager reports no release dates with an instance's patches. Titles of Windows name a month, in any language:
-- security updates of a month are released on its second Tuesday, unless they are out of schedule. Only what the scans
-- of the instance show tells which. Other updates of a month are not tied to that day.
with_month AS (
    SELECT
        f.* EXCLUDE (first_seen_at),
        f.first_seen_at AS instance_first_seen_at,
        {update_columns},
        CASE
            WHEN u.pending_since IS NOT NULL AND u.absent_at IS NOT NULL AND f.platform_type = 'Windows'
                AND lower(replace(u.classification, ' ', '')) = 'securityupdates'
                THEN try_cast(nullif(regexp_extract(p.title, '(?:^|[^0-9A-Za-z.-])(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?:[^0-9A-Za-z.-]|$)', 1), '') || '-01' AS DATE)
        END AS title_month
    FROM instance_update u
    JOIN with_policy f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
)
