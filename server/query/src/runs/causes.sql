-- The causes of the results that match the filter: those with the most results first.
SELECT
    f.cause,
    arg_max(f.evidence, (f.requested_at, f.instance_id)) AS evidence,
    count(*) AS results,
    count(DISTINCT f.instance_key) AS instances,
    count(DISTINCT f.account_id) AS accounts,
    count(DISTINCT f.customer_id) AS customers,
    min(f.requested_at) AS first_at,
    max(f.requested_at) AS last_at
FROM (
{results}
) f
WHERE f.cause IS NOT NULL {filters}
GROUP BY f.cause
ORDER BY results DESC, f.cause
