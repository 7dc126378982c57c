-- The number of changes that match the filter.
SELECT count(*)
FROM change c
JOIN with_names f ON f.instance_key = c.instance_key
WHERE true {filters}
