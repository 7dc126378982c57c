-- The feeds that were imported.
SELECT x.name, x.format, x.published_at, x.imported_at, x.entries
FROM feed x
WHERE true {filters}
ORDER BY x.name
