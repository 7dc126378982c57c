-- The packages that match the filter, with the number of their versions and installations.
SELECT f.name, f.kind, f.publisher, f.versions, f.installations, f.unreported
FROM package f
WHERE true {filters}
{order}
