-- What the last harvest of each account and Region in scope cost, by operation.
SELECT o.operation, sum(o.api_calls)::BIGINT, sum(o.rows)::BIGINT
FROM harvest_operation o
JOIN region_state s ON s.last_harvest_id = o.harvest_id
WHERE true {filters}
GROUP BY o.operation
ORDER BY sum(o.api_calls) DESC, o.operation
