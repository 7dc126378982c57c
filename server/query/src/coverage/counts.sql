-- The instances in each class of coverage.
SELECT f.coverage, count(*) AS instances
FROM coverage f
WHERE true {filters}
GROUP BY f.coverage
