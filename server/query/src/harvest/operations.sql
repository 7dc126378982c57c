-- The API calls and rows of the last harvests that match the filter, by operation.
SELECT o.operation, sum(o.api_calls)::BIGINT AS api_calls, sum(o.rows)::BIGINT AS rows
FROM harvest_operation o
JOIN region_state s ON s.last_harvest_id = o.harvest_id
WHERE true {filters}
GROUP BY o.operation
ORDER BY sum(o.api_calls) DESC, o.operation
