-- Which answers match the filter.
SELECT f.instance_key, f.number
FROM exposure f
WHERE true {filters}
{order}
