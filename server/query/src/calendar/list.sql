-- The starts that match the filter, with what they will meet or how they ended.
SELECT f.* EXCLUDE (status), '' AS local_start, coalesce(f.status, '') AS status
FROM calendar f
WHERE true {filters}
{order}
