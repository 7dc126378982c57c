-- Adds `updates_hash`, which is unknown for existing rows. The table is recreated so that `from_day` stays its last
-- column.
ALTER TABLE patch_operation RENAME TO patch_operation_before;
CREATE TABLE patch_operation (
    instance_key       BIGINT NOT NULL,
    operation          VARCHAR NOT NULL,
    operation_end_at   TIMESTAMP,
    operation_start_at TIMESTAMP,
    snapshot_id        VARCHAR NOT NULL,
    updates_hash       BIGINT,
    from_day           DATE
);
INSERT INTO patch_operation BY NAME SELECT * FROM patch_operation_before ORDER BY instance_key;
DROP TABLE patch_operation_before;
