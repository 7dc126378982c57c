CREATE TABLE compaction (
    scan_key BIGINT NOT NULL,
    until_day DATE NOT NULL
);
INSERT INTO compaction VALUES (0, DATE '1970-01-01');
