-- A customer with a service level of its own.
INSERT INTO service_level (customer_id, band, days) VALUES ('c-2001', 'critical', 3);
