-- The first schema. `../schema.sql` describes the tables and columns.

CREATE TABLE account (
    account_id      VARCHAR NOT NULL,
    provider        VARCHAR NOT NULL,
    provider_rank   INTEGER NOT NULL,
    account_name    VARCHAR NOT NULL,
    customer_id     VARCHAR NOT NULL,
    customer_name   VARCHAR NOT NULL,
    systems_account VARCHAR NOT NULL,
    role_arn        VARCHAR NOT NULL,
    removed_at      TIMESTAMP
);

CREATE TABLE account_region (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    removed_at      TIMESTAMP,
    last_good_at    TIMESTAMP,
    last_tried_at   TIMESTAMP,
    last_read_at    TIMESTAMP,
    slow_cycle_at   TIMESTAMP,
    last_harvest_id BIGINT
);

CREATE TABLE harvest (
    harvest_id  BIGINT NOT NULL,
    account_id  VARCHAR NOT NULL,
    region      VARCHAR NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    outcome     VARCHAR NOT NULL,
    api_calls   BIGINT NOT NULL,
    rows        BIGINT NOT NULL,
    transitions BIGINT NOT NULL
);

CREATE TABLE harvest_operation (
    harvest_id BIGINT NOT NULL,
    operation  VARCHAR NOT NULL,
    api_calls  BIGINT NOT NULL,
    rows       BIGINT NOT NULL
);

CREATE TABLE harvest_error (
    harvest_id BIGINT NOT NULL,
    operation  VARCHAR NOT NULL,
    class      VARCHAR NOT NULL,
    code       VARCHAR NOT NULL,
    message    VARCHAR NOT NULL,
    since      TIMESTAMP NOT NULL
);

CREATE TABLE instance (
    instance_key       BIGINT NOT NULL,
    account_id         VARCHAR NOT NULL,
    region             VARCHAR NOT NULL,
    instance_id        VARCHAR NOT NULL,
    name               VARCHAR NOT NULL,
    computer_name      VARCHAR NOT NULL,
    ip_address         VARCHAR NOT NULL,
    platform_type      VARCHAR NOT NULL,
    platform_name      VARCHAR NOT NULL,
    platform_version   VARCHAR NOT NULL,
    agent_version      VARCHAR NOT NULL,
    agent_rank         BIGINT NOT NULL,
    agent_is_latest    BOOLEAN,
    ping_status        VARCHAR NOT NULL,
    last_ping_at       TIMESTAMP,
    resource_type      VARCHAR NOT NULL,
    source_type        VARCHAR NOT NULL,
    registered_at      TIMESTAMP,
    association_status VARCHAR NOT NULL,
    first_seen_at      TIMESTAMP NOT NULL,
    last_seen_at       TIMESTAMP NOT NULL,
    gone_at            TIMESTAMP
);

CREATE TABLE patch_state (
    instance_key                   BIGINT NOT NULL,
    patch_group                    VARCHAR NOT NULL,
    baseline_id                    VARCHAR NOT NULL,
    snapshot_id                    VARCHAR NOT NULL,
    operation                      VARCHAR NOT NULL,
    reboot_option                  VARCHAR NOT NULL,
    operation_start_at             TIMESTAMP,
    operation_end_at               TIMESTAMP,
    installed_count                BIGINT NOT NULL,
    installed_other_count          BIGINT NOT NULL,
    installed_pending_reboot_count BIGINT NOT NULL,
    installed_rejected_count       BIGINT NOT NULL,
    missing_count                  BIGINT NOT NULL,
    failed_count                   BIGINT NOT NULL,
    not_applicable_count           BIGINT NOT NULL,
    critical_non_compliant_count   BIGINT NOT NULL,
    security_non_compliant_count   BIGINT NOT NULL,
    other_non_compliant_count      BIGINT NOT NULL,
    missing                        INTEGER NOT NULL,
    critical_missing               INTEGER NOT NULL,
    failed                         INTEGER NOT NULL,
    pending_reboot                 INTEGER NOT NULL
);

CREATE TABLE patch (
    patch_key BIGINT NOT NULL,
    title     VARCHAR NOT NULL,
    kb_id     VARCHAR NOT NULL
);

CREATE TABLE instance_update (
    instance_key   BIGINT NOT NULL,
    patch_key      BIGINT NOT NULL,
    state          VARCHAR NOT NULL,
    classification VARCHAR NOT NULL,
    severity       VARCHAR NOT NULL,
    installed_at   TIMESTAMP,
    cve_ids        VARCHAR NOT NULL,
    first_seen_at  TIMESTAMP NOT NULL,
    changed_at     TIMESTAMP NOT NULL
);

CREATE TABLE scan (
    scan_key           BIGINT NOT NULL,
    instance_key       BIGINT NOT NULL,
    harvest_id         BIGINT NOT NULL,
    seen_at            TIMESTAMP NOT NULL,
    operation          VARCHAR NOT NULL,
    operation_start_at TIMESTAMP,
    operation_end_at   TIMESTAMP,
    baseline_id        VARCHAR NOT NULL,
    snapshot_id        VARCHAR NOT NULL,
    patch_group        VARCHAR NOT NULL
);

CREATE TABLE transition (
    instance_key   BIGINT NOT NULL,
    patch_key      BIGINT NOT NULL,
    scan_key       BIGINT NOT NULL,
    from_state     VARCHAR,
    to_state       VARCHAR,
    happened_at    TIMESTAMP NOT NULL,
    classification VARCHAR NOT NULL,
    severity       VARCHAR NOT NULL
);

CREATE TABLE run (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    command_id      VARCHAR NOT NULL,
    document_name   VARCHAR NOT NULL,
    operation       VARCHAR NOT NULL,
    requested_at    TIMESTAMP,
    status          VARCHAR NOT NULL,
    status_details  VARCHAR NOT NULL,
    target_count    BIGINT NOT NULL,
    completed_count BIGINT NOT NULL,
    error_count     BIGINT NOT NULL
);

CREATE TABLE invocation (
    account_id     VARCHAR NOT NULL,
    region         VARCHAR NOT NULL,
    command_id     VARCHAR NOT NULL,
    instance_id    VARCHAR NOT NULL,
    document_name  VARCHAR NOT NULL,
    requested_at   TIMESTAMP,
    finished_at    TIMESTAMP,
    status         VARCHAR NOT NULL,
    status_details VARCHAR NOT NULL,
    response_code  BIGINT
);

CREATE TABLE tag (
    instance_key BIGINT NOT NULL,
    key          VARCHAR NOT NULL,
    value        VARCHAR NOT NULL
);

CREATE TABLE software (
    instance_key BIGINT NOT NULL,
    name         VARCHAR NOT NULL,
    version      VARCHAR NOT NULL,
    publisher    VARCHAR NOT NULL,
    architecture VARCHAR NOT NULL,
    installed_at TIMESTAMP
);

CREATE TABLE software_capture (
    instance_key BIGINT NOT NULL,
    content_hash VARCHAR NOT NULL,
    captured_at  TIMESTAMP
);

CREATE TABLE patch_baseline (
    account_id       VARCHAR NOT NULL,
    region           VARCHAR NOT NULL,
    baseline_id      VARCHAR NOT NULL,
    name             VARCHAR NOT NULL,
    operating_system VARCHAR NOT NULL,
    description      VARCHAR NOT NULL,
    is_default       BOOLEAN NOT NULL
);

CREATE TABLE maintenance_window (
    account_id        VARCHAR NOT NULL,
    region            VARCHAR NOT NULL,
    window_id         VARCHAR NOT NULL,
    name              VARCHAR NOT NULL,
    enabled           BOOLEAN NOT NULL,
    schedule          VARCHAR NOT NULL,
    schedule_timezone VARCHAR NOT NULL,
    duration_hours    INTEGER NOT NULL,
    next_execution_at TIMESTAMP
);

CREATE TABLE account_day (
    day                          DATE NOT NULL,
    account_id                   VARCHAR NOT NULL,
    instances                    BIGINT NOT NULL,
    online_instances             BIGINT NOT NULL,
    pending_os_updates           BIGINT NOT NULL,
    instances_pending_os_updates BIGINT NOT NULL,
    pending_agent_updates        BIGINT NOT NULL,
    no_data                      BIGINT NOT NULL,
    stale                        BIGINT NOT NULL,
    failed                       BIGINT NOT NULL,
    pending                      BIGINT NOT NULL,
    pending_reboot               BIGINT NOT NULL,
    up_to_date                   BIGINT NOT NULL
);
