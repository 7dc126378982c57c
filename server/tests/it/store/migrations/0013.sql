-- A former owner of the other account.
INSERT INTO former_owner (account_id, customer_id, until_at) VALUES ('org-41-77120', 'c-2000', '2025-10-03 09:00');
