-- Recovery from a damaged write-ahead log: the log is moved away, and everything is read again, because the stored rows
-- may be older than the change keys and hashes say.

CREATE TABLE lost_log (
    number       BIGINT NOT NULL,
    found_at     TIMESTAMP NOT NULL,
    kept_as      VARCHAR NOT NULL,
    made_good_at TIMESTAMP
);

ALTER TABLE account_region ADD COLUMN lost_log_seen BIGINT DEFAULT 0;

CREATE TABLE unsure_instance (
    instance_key BIGINT NOT NULL
);
