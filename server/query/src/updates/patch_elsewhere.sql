-- How installing a patch went for customers out of scope, in numbers only. Follows patch_outcome.sql.
SELECT
    count(*) AS attempted,
    count(*) FILTER (o.has_failed) AS failed,
    count(*) FILTER (o.has_regressed) AS regressed,
    count(DISTINCT f.customer_id) AS customers
FROM outcome o
JOIN instances f ON f.instance_key = o.instance_key
