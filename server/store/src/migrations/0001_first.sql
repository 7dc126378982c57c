-- The first schema. All times are UTC, in microseconds, and compared with values of the same type: a cast between
-- TIMESTAMP kinds would defeat DuckDB's zone maps.
--
-- There are no primary keys: the one writer keeps rows unique, and an index on these tables would cost more at each
-- harvest than it ever gives back (rows are written in instance order, so zone maps find them).

-- The accounts of the roster. An account that left it keeps its rows; removed_at says since when it is not shown.
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

-- Where each account and Region stands; a row for each, rewritten by each harvest.
CREATE TABLE account_region (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    removed_at      TIMESTAMP,
    -- The last harvest that left nothing out, and the last that was tried.
    last_good_at    TIMESTAMP,
    last_tried_at   TIMESTAMP,
    -- The last harvest that could read the instances: what current rows were checked against.
    last_read_at    TIMESTAMP,
    -- The last time that tags, software, baselines and windows were all read.
    slow_cycle_at   TIMESTAMP,
    last_harvest_id BIGINT
);

-- One pull of one account and Region.
CREATE TABLE harvest (
    harvest_id  BIGINT NOT NULL,
    account_id  VARCHAR NOT NULL,
    region      VARCHAR NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    -- ok: everything was read; partial: something was not; failed: not even the instances.
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
    -- Since when this operation has failed in every harvest of this account and Region.
    since      TIMESTAMP NOT NULL
);

-- Every instance ever seen. gone_at is set by the first good harvest that no longer finds it, and cleared by one
-- that finds it again.
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
    -- The version as a number that sorts; agents' flag "is latest" means nothing on Windows.
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

-- The last patch operation of each instance whose rows were read whole. The columns that end in _count are AWS's own
-- figures, -1 included. The last four are the portal's: counted from the instance's rows in instance_update when they
-- are written, so that lists need not count 15 million rows.
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

-- Titles and KB ids, each pair once. The KB id alone is no key: it repeats on Linux, and some titles are empty.
CREATE TABLE patch (
    patch_key BIGINT NOT NULL,
    title     VARCHAR NOT NULL,
    kb_id     VARCHAR NOT NULL
);

-- Every update of every instance in its current state.
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

-- The patch operations that changed something, once each, and the harvest that saw it.
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

-- Every change of an update's state, for ever. A null from_state is the first sight of it, a null to_state the scan
-- that no longer reported it.
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

-- One instance's result of a run. Kept for ever; Systems Manager keeps it 30 days.
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

-- The inventory that the rows in software came from; an equal hash means that nothing need be written.
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

-- Each account's figures as the last harvest of each day left them: what the trends are drawn from.
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
