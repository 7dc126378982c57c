-- The accounts with changes and how many of each kind, and the rows of a page. It is one statement, because both need the
-- states of all updates, then and now. Kinds after those on the page are not looked up.
, selected_change AS MATERIALIZED (
    SELECT c.* FROM change c JOIN with_names f ON f.instance_key = c.instance_key WHERE true {filters}
),
rows_until AS (
    SELECT kind_rank, sum(count(*)) OVER (ORDER BY kind_rank) AS rows FROM selected_change WHERE {kind} GROUP BY kind_rank
),
shown_change AS (
    SELECT * FROM selected_change
    WHERE {kind} AND kind_rank <= (
        SELECT coalesce(min(kind_rank) FILTER (rows >= {limit} + {offset}), max(kind_rank)) FROM rows_until
    )
)
{change_names},
change_counts AS (
    SELECT
        instance_key,
        count(*) FILTER (kind = 'new') AS new,
        count(*) FILTER (kind = 'failed') AS failed,
        count(*) FILTER (kind = 'regressed') AS regressed,
        count(*) FILTER (kind = 'fixed') AS fixed,
        count(*) FILTER (kind = 'withdrawn') AS withdrawn,
        count(*) FILTER (kind = 'machine_added') AS machine_added,
        count(*) FILTER (kind = 'machine_gone') AS machine_gone
    FROM selected_change
    GROUP BY instance_key
)
SELECT true AS is_account,
    row_number() OVER (ORDER BY f.provider_rank, f.provider, lower(f.account_name), f.account_id) AS position,
    f.provider, f.account_id, f.account_name, f.customer_id, f.customer_name,
    sum(c.new)::BIGINT AS new, sum(c.failed)::BIGINT AS failed, sum(c.regressed)::BIGINT AS regressed,
    sum(c.fixed)::BIGINT AS fixed, sum(c.withdrawn)::BIGINT AS withdrawn,
    sum(c.machine_added)::BIGINT AS machine_added, sum(c.machine_gone)::BIGINT AS machine_gone
FROM change_counts c
JOIN with_names f ON f.instance_key = c.instance_key
GROUP BY f.provider, f.provider_rank, f.account_id, f.account_name, f.customer_id, f.customer_name
UNION ALL BY NAME
SELECT false AS is_account, row_number() OVER () AS position, f.* FROM (
{list}
LIMIT {limit} OFFSET {offset}
) f
ORDER BY is_account DESC, position
