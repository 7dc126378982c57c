-- A write-ahead log that was damaged is set aside, and what was stored is read again, all of it: what the store believes
-- to be current may be older than the harvester remembers having read.

-- The logs that were set aside, numbered from 1, and when every account was read again after that.
CREATE TABLE lost_log (
    number       BIGINT NOT NULL,
    found_at     TIMESTAMP NOT NULL,
    -- The name of the file beside the store.
    kept_as      VARCHAR NOT NULL,
    made_good_at TIMESTAMP
);

-- The last lost log after which this account and Region was read again whole; less than the newest: it is yet to be.
ALTER TABLE account_region ADD COLUMN lost_log_seen BIGINT DEFAULT 0;

-- Instances whose change key is not to be believed: their updates are read though the key stands still. One row a time,
-- so that an account that takes several rounds goes on where it was.
CREATE TABLE unsure_instance (
    instance_key BIGINT NOT NULL
);
