-- The packages that match the filter, with the number of their versions and instances.
SELECT f.name, f.kind, f.publisher, f.versions, f.instances, f.unreported
FROM package f
WHERE true {filters}
{order}
