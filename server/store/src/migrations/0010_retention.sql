CREATE TABLE retention (
    kept_since DATE,
    scan_key   BIGINT NOT NULL
);
INSERT INTO retention VALUES (NULL, 0);
