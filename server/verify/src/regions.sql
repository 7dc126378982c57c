-- Every account and Region with its last harvest, and since when it belongs to its customer.
SELECT r.account_id, r.region, a.provider, a.account_name, a.customer_id, r.last_read_at, r.last_tried_at,
    h.outcome, h.started_at, h.finished_at, coalesce(o.api_calls, 0) AS api_calls, coalesce(o.rows, 0) AS rows,
    (SELECT count(*) FROM harvest_error e WHERE e.harvest_id = r.last_harvest_id) AS errors, (
        SELECT max(f.until_at) FROM former_owner f
        WHERE f.account_id = a.account_id AND f.customer_id <> a.customer_id
    ) AS owned_from
FROM account_region r
JOIN account a ON a.account_id = r.account_id
LEFT JOIN harvest h ON h.harvest_id = r.last_harvest_id
LEFT JOIN (
    SELECT harvest_id, sum(api_calls) AS api_calls, sum(rows) AS rows FROM harvest_operation GROUP BY ALL
) o ON o.harvest_id = r.last_harvest_id
WHERE r.removed_at IS NULL AND a.removed_at IS NULL
