-- How far back the history goes: one row, rewritten by each drop.
CREATE TABLE retention (
    -- The first day of which everything is still known; null where nothing was ever dropped.
    kept_since DATE,
    -- All scans and transitions from this key on are there; of those before it only what still counts.
    scan_key   BIGINT NOT NULL
);
INSERT INTO retention VALUES (NULL, 0);
