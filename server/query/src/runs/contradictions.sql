-- How many results that match the filter are contradicted, by how.
SELECT f.contradiction, count(*) AS results
FROM (
{compared}
) f
WHERE f.contradiction IS NOT NULL {filters}
GROUP BY f.contradiction
ORDER BY results DESC, f.contradiction
