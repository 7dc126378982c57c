-- The number of results of runs that match the filter, without comparing them with the instances.
SELECT count(*)
FROM (
{results}
) f
WHERE true {filters}
