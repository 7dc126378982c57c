-- A lost log that was recovered in one of the accounts.
INSERT INTO lost_log (number, found_at, kept_as) VALUES (1, '2025-10-02 13:00', 'muster.duckdb.wal.damaged-1');
UPDATE account_region SET lost_log_seen = 1 WHERE account_id = '703918462255';
INSERT INTO unsure_instance (instance_key) VALUES (2);
