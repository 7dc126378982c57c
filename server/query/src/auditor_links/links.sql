-- The auditor links and addresses of calendars of the customers in scope, newest first.
SELECT link_id, customer_id, customer_name, day, made_by_name AS made_by, made_at, expires_at, revoked_at
FROM auditor_link
WHERE customer_id IN (SELECT customer_id FROM region_state)
ORDER BY made_at DESC, link_id
