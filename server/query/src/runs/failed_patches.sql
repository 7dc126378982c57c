-- The patches that are failed on current instances on which an Install run failed: those with the most results first.
SELECT
    p.kb_id AS name,
    p.title,
    any_value({description}) AS description,
    count(*) AS results,
    count(DISTINCT f.instance_key) AS instances,
    count(DISTINCT f.customer_id) AS customers,
    min(u.changed_at) AS since
FROM (
{results}
) f
JOIN instance_update u ON u.instance_key = f.instance_key
JOIN patch p ON p.patch_key = u.patch_key
WHERE u.state = 'Failed' AND f.outcome = 'failed' AND f.operation = 'Install' AND f.gone_at IS NULL {filters}
GROUP BY p.kb_id, p.title
ORDER BY results DESC, p.title, p.kb_id
LIMIT 50
