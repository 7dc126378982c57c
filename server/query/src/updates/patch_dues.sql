-- The first due date and the overdue updates of each patch, among the pending updates that match the filter.
SELECT title, kb_id AS name, min(due_at) AS next_due_at, count(*) FILTER (due = 'overdue') AS overdue
FROM updates f
WHERE pending_since IS NOT NULL AND gone_at IS NULL {filters}
GROUP BY title, kb_id
