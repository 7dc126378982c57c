-- An account's associations, failing ones first.
SELECT a.association_id, coalesce(nullif(a.name, ''), a.document_name) AS name, a.document_name, a.region, a.schedule, a.status,
    greatest(a.succeeded, 0) AS succeeded, greatest(a.failed, 0) AS failed, a.last_execution_at
FROM association a
JOIN region_state r ON r.account_id = a.account_id AND r.region = a.region
WHERE true {filters}
ORDER BY a.failed > 0 DESC, a.status = 'Success', lower(a.name), a.association_id, a.region
