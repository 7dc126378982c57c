-- The errors of the last harvest of each account and Region in scope.
SELECT e.harvest_id, e.operation, e.class, e.code, e.message, e.since
FROM harvest_error e
JOIN region_state s ON s.last_harvest_id = e.harvest_id
WHERE true {filters}
ORDER BY e.harvest_id, e.operation, e.code
