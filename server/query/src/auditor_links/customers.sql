-- The customers for whom auditor links can be created.
SELECT customer_id, any_value(customer_name) AS customer_name FROM region_state GROUP BY customer_id
ORDER BY lower(any_value(customer_name)), customer_id
