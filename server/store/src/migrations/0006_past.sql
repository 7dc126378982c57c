-- Temporal tables: everything that pages show can be shown as of a past day.

-- Columns that change with each harvest move to tables of their own.
CREATE TABLE instance_ping (
    instance_key BIGINT NOT NULL,
    last_ping_at TIMESTAMP
);
INSERT INTO instance_ping SELECT instance_key, last_ping_at FROM instance ORDER BY instance_key;
ALTER TABLE instance DROP COLUMN last_ping_at;
ALTER TABLE instance DROP COLUMN last_seen_at;

CREATE TABLE patch_operation (
    instance_key       BIGINT NOT NULL,
    operation          VARCHAR NOT NULL,
    operation_end_at   TIMESTAMP,
    operation_start_at TIMESTAMP,
    snapshot_id        VARCHAR NOT NULL
);
INSERT INTO patch_operation
SELECT instance_key, operation, operation_end_at, operation_start_at, snapshot_id FROM patch_state ORDER BY instance_key;
ALTER TABLE patch_state DROP COLUMN snapshot_id;
ALTER TABLE patch_state DROP COLUMN operation;
ALTER TABLE patch_state DROP COLUMN operation_start_at;
ALTER TABLE patch_state DROP COLUMN operation_end_at;

CREATE TABLE patch_baseline_reading (
    account_id  VARCHAR NOT NULL,
    region      VARCHAR NOT NULL,
    baseline_id VARCHAR NOT NULL,
    read_at     TIMESTAMP NOT NULL
);
INSERT INTO patch_baseline_reading SELECT account_id, region, baseline_id, read_at FROM patch_baseline_detail;
ALTER TABLE patch_baseline_detail DROP COLUMN read_at;

-- Not shown, and new with each inventory.
ALTER TABLE node DROP COLUMN captured_at;

-- Existing rows are valid from the day of the last harvest on. Earlier days are not known.
ALTER TABLE account ADD COLUMN from_day DATE;
ALTER TABLE account_region ADD COLUMN from_day DATE;
ALTER TABLE instance ADD COLUMN from_day DATE;
ALTER TABLE instance_ping ADD COLUMN from_day DATE;
ALTER TABLE patch_state ADD COLUMN from_day DATE;
ALTER TABLE patch_operation ADD COLUMN from_day DATE;
ALTER TABLE instance_update ADD COLUMN from_day DATE;
ALTER TABLE run ADD COLUMN from_day DATE;
ALTER TABLE invocation ADD COLUMN from_day DATE;
ALTER TABLE invocation_output ADD COLUMN from_day DATE;
ALTER TABLE tag ADD COLUMN from_day DATE;
ALTER TABLE node ADD COLUMN from_day DATE;
ALTER TABLE service_level ADD COLUMN from_day DATE;
ALTER TABLE software ADD COLUMN from_day DATE;
ALTER TABLE hotfix ADD COLUMN from_day DATE;
ALTER TABLE hardware ADD COLUMN from_day DATE;
ALTER TABLE patch_baseline ADD COLUMN from_day DATE;
ALTER TABLE patch_baseline_detail ADD COLUMN from_day DATE;
ALTER TABLE patch_rule ADD COLUMN from_day DATE;
ALTER TABLE patch_group ADD COLUMN from_day DATE;
ALTER TABLE maintenance_window ADD COLUMN from_day DATE;
ALTER TABLE window_target ADD COLUMN from_day DATE;
ALTER TABLE window_task ADD COLUMN from_day DATE;
ALTER TABLE window_execution ADD COLUMN from_day DATE;
ALTER TABLE association ADD COLUMN from_day DATE;
UPDATE account SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE account_region SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE instance SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE instance_ping SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE patch_state SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE patch_operation SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE instance_update SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE run SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE invocation SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE invocation_output SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE tag SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE node SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE service_level SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE software SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE hotfix SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE hardware SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE patch_baseline SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE patch_baseline_detail SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE patch_rule SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE patch_group SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE maintenance_window SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE window_target SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE window_task SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE window_execution SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');
UPDATE association SET from_day = coalesce((SELECT max(started_at)::DATE FROM harvest), DATE '1970-01-01');

CREATE TABLE past_account AS SELECT *, from_day AS until_day FROM account LIMIT 0;
CREATE TABLE past_account_region AS SELECT *, from_day AS until_day FROM account_region LIMIT 0;
CREATE TABLE past_instance AS SELECT *, from_day AS until_day FROM instance LIMIT 0;
CREATE TABLE past_instance_ping AS SELECT *, from_day AS until_day FROM instance_ping LIMIT 0;
CREATE TABLE past_patch_state AS SELECT *, from_day AS until_day FROM patch_state LIMIT 0;
CREATE TABLE past_patch_operation AS SELECT * EXCLUDE (operation_start_at, snapshot_id), from_day AS until_day FROM patch_operation LIMIT 0;
CREATE TABLE past_instance_update AS SELECT *, from_day AS until_day FROM instance_update LIMIT 0;
CREATE TABLE past_run AS SELECT *, from_day AS until_day FROM run LIMIT 0;
CREATE TABLE past_invocation AS SELECT *, from_day AS until_day FROM invocation LIMIT 0;
CREATE TABLE past_invocation_output AS SELECT *, from_day AS until_day FROM invocation_output LIMIT 0;
CREATE TABLE past_tag AS SELECT *, from_day AS until_day FROM tag LIMIT 0;
CREATE TABLE past_node AS SELECT *, from_day AS until_day FROM node LIMIT 0;
CREATE TABLE past_service_level AS SELECT *, from_day AS until_day FROM service_level LIMIT 0;
CREATE TABLE past_software AS SELECT *, from_day AS until_day FROM software LIMIT 0;
CREATE TABLE past_hotfix AS SELECT *, from_day AS until_day FROM hotfix LIMIT 0;
CREATE TABLE past_hardware AS SELECT *, from_day AS until_day FROM hardware LIMIT 0;
CREATE TABLE past_patch_baseline AS SELECT *, from_day AS until_day FROM patch_baseline LIMIT 0;
CREATE TABLE past_patch_baseline_detail AS SELECT *, from_day AS until_day FROM patch_baseline_detail LIMIT 0;
CREATE TABLE past_patch_rule AS SELECT *, from_day AS until_day FROM patch_rule LIMIT 0;
CREATE TABLE past_patch_group AS SELECT *, from_day AS until_day FROM patch_group LIMIT 0;
CREATE TABLE past_maintenance_window AS SELECT *, from_day AS until_day FROM maintenance_window LIMIT 0;
CREATE TABLE past_window_target AS SELECT *, from_day AS until_day FROM window_target LIMIT 0;
CREATE TABLE past_window_task AS SELECT *, from_day AS until_day FROM window_task LIMIT 0;
CREATE TABLE past_window_execution AS SELECT *, from_day AS until_day FROM window_execution LIMIT 0;
CREATE TABLE past_association AS SELECT *, from_day AS until_day FROM association LIMIT 0;
