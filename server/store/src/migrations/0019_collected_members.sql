-- The partition of each account of the organization, for the ARN of its role. The next listing corrects it.
ALTER TABLE organization_member ADD COLUMN partition VARCHAR DEFAULT 'aws';

-- Software is read again, because the versions that are stored lack their epoch.
UPDATE inventory_capture SET content_hash = '' WHERE type_name = 'AWS:Application';

-- Adds `install_override`, which is unknown for existing rows until the next operation. The tables are recreated so that the
-- days stay their last columns.
ALTER TABLE patch_operation RENAME TO patch_operation_before;
CREATE TABLE patch_operation (
    instance_key       BIGINT NOT NULL,
    operation          VARCHAR NOT NULL,
    operation_end_at   TIMESTAMP,
    operation_start_at TIMESTAMP,
    snapshot_id        VARCHAR NOT NULL,
    updates_hash       BIGINT,
    install_override   BOOLEAN,
    from_day           DATE
);
INSERT INTO patch_operation BY NAME SELECT * FROM patch_operation_before ORDER BY instance_key;
DROP TABLE patch_operation_before;

ALTER TABLE past_patch_operation RENAME TO past_patch_operation_before;
CREATE TABLE past_patch_operation AS
SELECT * EXCLUDE (operation_start_at, snapshot_id, updates_hash), from_day AS until_day FROM patch_operation LIMIT 0;
INSERT INTO past_patch_operation BY NAME
SELECT * FROM past_patch_operation_before ORDER BY instance_key, from_day;
DROP TABLE past_patch_operation_before;

CREATE TABLE service_setting (
    account_id VARCHAR NOT NULL,
    region     VARCHAR NOT NULL,
    setting_id VARCHAR NOT NULL,
    value      VARCHAR NOT NULL,
    from_day   DATE
);
CREATE TABLE past_service_setting AS SELECT *, from_day AS until_day FROM service_setting LIMIT 0;
