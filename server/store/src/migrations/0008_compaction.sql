-- How far the history has been put in order of instances: one row, rewritten by each compaction.
CREATE TABLE compaction (
    -- Scans and transitions up to this key, and rows of the past that ended by this day.
    scan_key BIGINT NOT NULL,
    until_day DATE NOT NULL
);
INSERT INTO compaction VALUES (0, DATE '1970-01-01');
