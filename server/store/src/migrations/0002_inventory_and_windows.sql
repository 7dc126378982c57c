-- Nodes, hardware, hotfixes, outputs of failed runs, patch groups, rules of baselines, details of maintenance windows,
-- associations and the organization. `inventory_capture` replaces `software_capture`.

ALTER TABLE account ADD COLUMN provider_given BOOLEAN DEFAULT true;

ALTER TABLE invocation ADD COLUMN step VARCHAR;

CREATE TABLE invocation_output (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    command_id      VARCHAR NOT NULL,
    instance_id     VARCHAR NOT NULL,
    step            VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,
    response_code   BIGINT NOT NULL,
    standard_output VARCHAR NOT NULL,
    standard_error  VARCHAR NOT NULL,
    read_at         TIMESTAMP NOT NULL
);

CREATE TABLE inventory_capture (
    instance_key BIGINT NOT NULL,
    type_name    VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    captured_at  TIMESTAMP
);
INSERT INTO inventory_capture
SELECT instance_key, 'AWS:Application', content_hash, captured_at FROM software_capture ORDER BY instance_key;
DROP TABLE software_capture;

CREATE TABLE node (
    account_id       VARCHAR NOT NULL,
    region           VARCHAR NOT NULL,
    instance_id      VARCHAR NOT NULL,
    status           VARCHAR NOT NULL,
    computer_name    VARCHAR NOT NULL,
    platform_name    VARCHAR NOT NULL,
    platform_version VARCHAR NOT NULL,
    captured_at      TIMESTAMP
);

CREATE TABLE hotfix (
    instance_key BIGINT NOT NULL,
    hot_fix_id   VARCHAR NOT NULL,
    description  VARCHAR NOT NULL,
    installed_by VARCHAR NOT NULL,
    installed_at TIMESTAMP
);

CREATE TABLE hardware (
    instance_key    BIGINT NOT NULL,
    cpu_model       VARCHAR NOT NULL,
    cpus            INTEGER,
    cpu_cores       INTEGER,
    cpu_sockets     INTEGER,
    cpu_speed_mhz   INTEGER,
    os_service_pack VARCHAR NOT NULL
);

CREATE TABLE patch_baseline_detail (
    account_id              VARCHAR NOT NULL,
    region                  VARCHAR NOT NULL,
    baseline_id             VARCHAR NOT NULL,
    approved_patches        VARCHAR NOT NULL,
    rejected_patches        VARCHAR NOT NULL,
    rejected_patches_action VARCHAR NOT NULL,
    created_at              TIMESTAMP,
    modified_at             TIMESTAMP,
    read_at                 TIMESTAMP NOT NULL
);

CREATE TABLE patch_rule (
    account_id          VARCHAR NOT NULL,
    region              VARCHAR NOT NULL,
    baseline_id         VARCHAR NOT NULL,
    position            INTEGER NOT NULL,
    approve_after_days  INTEGER,
    approve_until       VARCHAR NOT NULL,
    compliance_level    VARCHAR NOT NULL,
    enable_non_security BOOLEAN NOT NULL,
    filters             VARCHAR NOT NULL
);

CREATE TABLE patch_group (
    account_id       VARCHAR NOT NULL,
    region           VARCHAR NOT NULL,
    patch_group      VARCHAR NOT NULL,
    baseline_id      VARCHAR NOT NULL,
    operating_system VARCHAR NOT NULL
);

ALTER TABLE maintenance_window ADD COLUMN cutoff_hours INTEGER DEFAULT 0;

CREATE TABLE window_target (
    account_id VARCHAR NOT NULL,
    region     VARCHAR NOT NULL,
    window_id  VARCHAR NOT NULL,
    target_id  VARCHAR NOT NULL,
    name       VARCHAR NOT NULL,
    targets    VARCHAR NOT NULL
);

CREATE TABLE window_task (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    window_id       VARCHAR NOT NULL,
    task_id         VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    task_type       VARCHAR NOT NULL,
    task_arn        VARCHAR NOT NULL,
    priority        INTEGER NOT NULL,
    max_concurrency VARCHAR NOT NULL,
    max_errors      VARCHAR NOT NULL
);

CREATE TABLE window_execution (
    account_id     VARCHAR NOT NULL,
    region         VARCHAR NOT NULL,
    window_id      VARCHAR NOT NULL,
    execution_id   VARCHAR NOT NULL,
    status         VARCHAR NOT NULL,
    status_details VARCHAR NOT NULL,
    started_at     TIMESTAMP,
    ended_at       TIMESTAMP
);

CREATE TABLE association (
    account_id        VARCHAR NOT NULL,
    region            VARCHAR NOT NULL,
    association_id    VARCHAR NOT NULL,
    name              VARCHAR NOT NULL,
    document_name     VARCHAR NOT NULL,
    schedule          VARCHAR NOT NULL,
    targets           VARCHAR NOT NULL,
    status            VARCHAR NOT NULL,
    detailed_status   VARCHAR NOT NULL,
    succeeded         INTEGER NOT NULL,
    failed            INTEGER NOT NULL,
    last_execution_at TIMESTAMP
);

CREATE TABLE organization_listing (
    tried_at     TIMESTAMP NOT NULL,
    last_good_at TIMESTAMP,
    tags_read_at TIMESTAMP,
    unassigned   BIGINT NOT NULL,
    error_operation VARCHAR NOT NULL,
    error_class     VARCHAR NOT NULL,
    error_code      VARCHAR NOT NULL,
    error_message   VARCHAR NOT NULL
);

CREATE TABLE organization_member (
    systems_account VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    active          BOOLEAN NOT NULL
);
CREATE TABLE organization_tag (
    systems_account VARCHAR NOT NULL,
    key             VARCHAR NOT NULL,
    value           VARCHAR NOT NULL
);
