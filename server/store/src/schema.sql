-- The current schema of the store, generated from `migrations/` and `schema_comments.sql`. To regenerate it:
--     UPDATE_SCHEMA=1 cargo test -p muster-store schema
--
-- All times are UTC, and compared with values of the same type: a cast between kinds of TIMESTAMP would defeat DuckDB's
-- zone maps. The history, pings and the ends of operations are kept to the second (TIMESTAMP_S), everything else in
-- microseconds.
--
-- There are no primary keys: the single writer keeps rows unique, and indexes would cost more at each harvest than they
-- save. Rows are written in the order of instances, so that zone maps find them.
--
-- A row of a table with `from_day` is valid from the end of that day on. When it is changed or deleted, it is archived
-- in the table of the same name with the prefix `past_`, and was valid until the day before `until_day`. A row that is
-- changed or deleted within its `from_day` is not archived.

-- ## Accounts and harvests

-- A systems account of the roster. An account that left the roster keeps its row.
CREATE TABLE account (
    account_id      VARCHAR NOT NULL,
    provider        VARCHAR NOT NULL,
    provider_rank   INTEGER NOT NULL,
    account_name    VARCHAR NOT NULL,
    customer_id     VARCHAR NOT NULL,
    customer_name   VARCHAR NOT NULL,
    systems_account VARCHAR NOT NULL,
    role_arn        VARCHAR NOT NULL,
    -- When the account left the roster. It is not shown from then on.
    removed_at      TIMESTAMP,
    -- Whether the roster names the provider. Otherwise harvests detect it.
    provider_given  BOOLEAN DEFAULT CAST('t' AS BOOLEAN),
    from_day        DATE
);
CREATE TABLE past_account AS SELECT *, from_day AS until_day FROM account LIMIT 0;

-- The harvest status of a Region of an account, updated by each harvest.
CREATE TABLE account_region (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    removed_at      TIMESTAMP,
    -- The start of the last complete harvest.
    last_good_at    TIMESTAMP,
    -- The start of the last harvest, whatever its outcome.
    last_tried_at   TIMESTAMP,
    -- The start of the last harvest that could read the instances.
    last_read_at    TIMESTAMP,
    -- The start of the last harvest that read all reference data.
    slow_cycle_at   TIMESTAMP,
    last_harvest_id BIGINT,
    -- The last lost log after which everything was read again. If it is less than the newest, that is still to be done.
    lost_log_seen   BIGINT DEFAULT 0,
    from_day        DATE
);
CREATE TABLE past_account_region AS SELECT *, from_day AS until_day FROM account_region LIMIT 0;

-- A customer to whom an account belonged until a time. Only this customer sees the account as it was before. Kept
-- forever and to the second, because some transitions outlive the retention, and an account can change hands within a
-- day.
CREATE TABLE former_owner (
    account_id  VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    until_at    TIMESTAMP NOT NULL
);

-- One harvest: one pull of one account and Region.
CREATE TABLE harvest (
    harvest_id  BIGINT NOT NULL,
    account_id  VARCHAR NOT NULL,
    region      VARCHAR NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    -- `ok`: everything was read; `partial`: something was not; `failed`: the instances were not.
    outcome     VARCHAR NOT NULL,
    api_calls   BIGINT NOT NULL,
    rows        BIGINT NOT NULL,
    transitions BIGINT NOT NULL
);

-- The API calls and received rows of one operation in one harvest.
CREATE TABLE harvest_operation (
    harvest_id BIGINT NOT NULL,
    operation  VARCHAR NOT NULL,
    api_calls  BIGINT NOT NULL,
    rows       BIGINT NOT NULL
);

-- An error of one operation in one harvest, once for each code and message.
CREATE TABLE harvest_error (
    harvest_id BIGINT NOT NULL,
    operation  VARCHAR NOT NULL,
    class      VARCHAR NOT NULL,
    code       VARCHAR NOT NULL,
    message    VARCHAR NOT NULL,
    -- Since when this operation has failed in every harvest of this account and Region.
    since      TIMESTAMP NOT NULL
);

-- ## Instances

-- An instance, including those that are gone.
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
    -- The agent version as a number with the same order. The flag `agent_is_latest` has no meaning on Windows.
    agent_rank         BIGINT NOT NULL,
    agent_is_latest    BOOLEAN,
    ping_status        VARCHAR NOT NULL,
    resource_type      VARCHAR NOT NULL,
    source_type        VARCHAR NOT NULL,
    registered_at      TIMESTAMP,
    association_status VARCHAR NOT NULL,
    first_seen_at      TIMESTAMP NOT NULL,
    -- The start of the first harvest that found it terminated or deregistered. Null if it is current, which includes
    -- stopped.
    gone_at            TIMESTAMP,
    -- `running`, `stopped`, `terminated`, `deregistered`, or `agent_lost` if it is not listed and none of these is
    -- known; empty if it is listed and nothing but its ping is known.
    instance_state     VARCHAR NOT NULL,
    from_day           DATE,
    -- The resource that is registered: its own id, unless a cloud connector or another service registered it.
    source_id          VARCHAR DEFAULT ''
);
CREATE TABLE past_instance AS SELECT *, from_day AS until_day FROM instance LIMIT 0;

-- The last ping of an instance, apart from `instance` because it changes with each harvest.
CREATE TABLE instance_ping (
    instance_key BIGINT NOT NULL,
    last_ping_at TIMESTAMP_S,
    from_day     DATE
);
CREATE TABLE past_instance_ping AS SELECT *, from_day AS until_day FROM instance_ping LIMIT 0;

-- The newest SSM Agent of each Region. Derived from the instances, and updated when they change.
CREATE TABLE latest_agent (
    region        VARCHAR,
    agent_rank    BIGINT,
    agent_version VARCHAR
);

-- Every account and Region of the roster with its names and its last harvest, so that questions read one table without
-- joins. Derived from the other tables, and updated by each harvest.
CREATE TABLE listed_region (
    account_id      VARCHAR,
    provider        VARCHAR,
    provider_rank   INTEGER,
    account_name    VARCHAR,
    customer_id     VARCHAR,
    customer_name   VARCHAR,
    systems_account VARCHAR,
    region          VARCHAR,
    last_good_at    TIMESTAMP,
    last_read_at    TIMESTAMP,
    last_tried_at   TIMESTAMP,
    last_harvest_id BIGINT,
    last_outcome    VARCHAR
);

-- Everything that lists show of an instance, so that they read one table without joins. Derived from the other tables,
-- and updated by each harvest.
CREATE TABLE listed_instance (
    instance_key               BIGINT,
    account_id                 VARCHAR,
    region                     VARCHAR,
    instance_id                VARCHAR,
    name                       VARCHAR,
    computer_name              VARCHAR,
    ip_address                 VARCHAR,
    platform_type              VARCHAR,
    platform_name              VARCHAR,
    platform_version           VARCHAR,
    agent_version              VARCHAR,
    agent_rank                 BIGINT,
    agent_is_latest            BOOLEAN,
    ping_status                VARCHAR,
    patch_group                VARCHAR,
    missing                    INTEGER,
    critical_missing           INTEGER,
    failed                     INTEGER,
    pending_reboot             INTEGER,
    installed_rejected         INTEGER,
    available_security_updates INTEGER,
    available_is_non_compliant BOOLEAN,
    details_missing            INTEGER,
    registered_at              TIMESTAMP,
    first_seen_at              TIMESTAMP,
    gone_at                    TIMESTAMP,
    last_ping_at               TIMESTAMP,
    operation_end_at           TIMESTAMP,
    instance_state             VARCHAR,
    run_status                 VARCHAR,
    run_requested_at           TIMESTAMP,
    -- Whether its severities are the priorities of apt.
    uses_apt                   BOOLEAN,
    -- The names of its patch policies, separated by commas.
    patch_policy               VARCHAR DEFAULT '',
    unsupported_at             TIMESTAMP,
    -- The id of the instance that counts in its place, or empty.
    duplicate_of               VARCHAR DEFAULT '',
    duplicate_since            TIMESTAMP
);

-- A tag of an instance.
CREATE TABLE tag (
    instance_key BIGINT NOT NULL,
    key          VARCHAR NOT NULL,
    value        VARCHAR NOT NULL,
    from_day     DATE
);
CREATE TABLE past_tag AS SELECT *, from_day AS until_day FROM tag LIMIT 0;

-- A node of the inventory, including stopped and terminated ones, which no other operation lists.
CREATE TABLE node (
    account_id       VARCHAR NOT NULL,
    region           VARCHAR NOT NULL,
    instance_id      VARCHAR NOT NULL,
    status           VARCHAR NOT NULL,
    computer_name    VARCHAR NOT NULL,
    platform_name    VARCHAR NOT NULL,
    platform_version VARCHAR NOT NULL,
    from_day         DATE
);
CREATE TABLE past_node AS SELECT *, from_day AS until_day FROM node LIMIT 0;

-- The processors and the service pack of an instance.
CREATE TABLE hardware (
    instance_key    BIGINT NOT NULL,
    cpu_model       VARCHAR NOT NULL,
    cpus            INTEGER,
    cpu_cores       INTEGER,
    cpu_sockets     INTEGER,
    cpu_speed_mhz   INTEGER,
    os_service_pack VARCHAR NOT NULL,
    from_day        DATE
);
CREATE TABLE past_hardware AS SELECT *, from_day AS until_day FROM hardware LIMIT 0;

-- How often each version of a package, and each hotfix, is installed on current instances, by account, Region and
-- operating system. Derived from the inventories, and updated when they or the instances change.
CREATE TABLE listed_software (
    account_id       VARCHAR,
    region           VARCHAR,
    platform_name    VARCHAR,
    platform_version VARCHAR,
    kind             VARCHAR,
    name             VARCHAR,
    version          VARCHAR,
    publisher        VARCHAR,
    -- An instance can have the same version for two architectures.
    installations    BIGINT
);

-- An application that is installed on an instance.
CREATE TABLE software (
    instance_key BIGINT NOT NULL,
    name         VARCHAR NOT NULL,
    version      VARCHAR NOT NULL,
    publisher    VARCHAR NOT NULL,
    architecture VARCHAR NOT NULL,
    installed_at TIMESTAMP,
    from_day     DATE
);
CREATE TABLE past_software AS SELECT *, from_day AS until_day FROM software LIMIT 0;

-- A hotfix that Windows lists on an instance.
CREATE TABLE hotfix (
    instance_key BIGINT NOT NULL,
    hot_fix_id   VARCHAR NOT NULL,
    description  VARCHAR NOT NULL,
    installed_by VARCHAR NOT NULL,
    installed_at TIMESTAMP,
    from_day     DATE
);
CREATE TABLE past_hotfix AS SELECT *, from_day AS until_day FROM hotfix LIMIT 0;

-- The inventory of one type from which rows of an instance were stored. With an equal hash nothing is read again.
CREATE TABLE inventory_capture (
    instance_key BIGINT NOT NULL,
    type_name    VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    captured_at  TIMESTAMP
);

-- ## Updates and their history

-- A patch, identified by title and KB id. The KB id alone is not unique on Linux, and some titles are empty.
CREATE TABLE patch (
    patch_key BIGINT NOT NULL,
    title     VARCHAR NOT NULL,
    kb_id     VARCHAR NOT NULL
);

-- A CVE that a patch fixes. Reports name them only while the patch is missing; rows are never removed.
CREATE TABLE patch_cve (
    patch_key BIGINT NOT NULL,
    cve       VARCHAR NOT NULL
);

-- The result of the last patch operation of an instance whose updates were read completely.
CREATE TABLE patch_state (
    instance_key                    BIGINT NOT NULL,
    patch_group                     VARCHAR NOT NULL,
    baseline_id                     VARCHAR NOT NULL,
    reboot_option                   VARCHAR NOT NULL,
    -- This and the other columns ending in `_count` are the figures of AWS, -1 included.
    installed_count                 BIGINT NOT NULL,
    installed_other_count           BIGINT NOT NULL,
    installed_pending_reboot_count  BIGINT NOT NULL,
    installed_rejected_count        BIGINT NOT NULL,
    missing_count                   BIGINT NOT NULL,
    failed_count                    BIGINT NOT NULL,
    not_applicable_count            BIGINT NOT NULL,
    available_security_update_count BIGINT NOT NULL,
    critical_non_compliant_count    BIGINT NOT NULL,
    security_non_compliant_count    BIGINT NOT NULL,
    other_non_compliant_count       BIGINT NOT NULL,
    -- This and the columns below are counted from the rows in `instance_update`, so that lists need not count them.
    missing                         INTEGER NOT NULL,
    -- Missing or failed updates of severity Critical.
    critical_missing                INTEGER NOT NULL,
    failed                          INTEGER NOT NULL,
    pending_reboot                  INTEGER NOT NULL,
    installed_rejected              INTEGER NOT NULL,
    available_security_updates      INTEGER NOT NULL,
    -- Updates that need work by the counts of AWS, beyond the rows that it reported.
    details_missing                 INTEGER NOT NULL,
    -- Reported rows that need work and are not stored, because another row of the same update is.
    repeated_updates                INTEGER NOT NULL,
    from_day                        DATE,
    -- Whether the reported updates are packages of apt. Null if they do not tell.
    uses_apt                        BOOLEAN
);
CREATE TABLE past_patch_state AS SELECT *, from_day AS until_day FROM patch_state LIMIT 0;

-- The last patch operation of an instance, apart from `patch_state` because it changes with each scan.
CREATE TABLE patch_operation (
    instance_key       BIGINT NOT NULL,
    operation          VARCHAR NOT NULL,
    operation_end_at   TIMESTAMP_S,
    operation_start_at TIMESTAMP,
    snapshot_id        VARCHAR NOT NULL,
    -- The hash of the reported updates: a report with the same hash is not compared. Null if it is not known.
    updates_hash       BIGINT,
    -- Whether an override list, and not the baseline, said what to install. Null if it is not known.
    install_override   BOOLEAN,
    from_day           DATE
);
CREATE TABLE past_patch_operation AS SELECT * EXCLUDE (operation_start_at, snapshot_id, updates_hash), from_day AS until_day FROM patch_operation LIMIT 0;

-- The current state of an update of an instance.
CREATE TABLE instance_update (
    instance_key   BIGINT NOT NULL,
    patch_key      BIGINT NOT NULL,
    state          VARCHAR NOT NULL,
    classification VARCHAR NOT NULL,
    severity       VARCHAR NOT NULL,
    installed_at   TIMESTAMP,
    cve_ids        VARCHAR NOT NULL,
    first_seen_at  TIMESTAMP NOT NULL,
    changed_at     TIMESTAMP NOT NULL,
    -- Since when the update has been Missing or Failed without interruption. Null if it is neither.
    pending_since  TIMESTAMP,
    from_day       DATE,
    -- The end of the last patch operation before the update was first seen, which did not report it. Null if none is
    -- known.
    absent_at      TIMESTAMP
);
CREATE TABLE past_instance_update AS SELECT *, from_day AS until_day FROM instance_update LIMIT 0;

-- A patch operation that changed something, with the harvest that read it.
CREATE TABLE scan (
    scan_key           BIGINT NOT NULL,
    instance_key       BIGINT NOT NULL,
    harvest_id         BIGINT NOT NULL,
    seen_at            TIMESTAMP_S NOT NULL,
    operation          VARCHAR NOT NULL,
    operation_start_at TIMESTAMP_S,
    operation_end_at   TIMESTAMP_S,
    baseline_id        VARCHAR NOT NULL,
    snapshot_id        VARCHAR NOT NULL,
    patch_group        VARCHAR NOT NULL
);

-- A change of the state of an update, kept forever unless a retention is configured.
CREATE TABLE transition (
    instance_key   BIGINT NOT NULL,
    patch_key      BIGINT NOT NULL,
    scan_key       BIGINT NOT NULL,
    -- Null if the update was not reported before.
    from_state     VARCHAR,
    -- Null if the update is no longer reported.
    to_state       VARCHAR,
    happened_at    TIMESTAMP_S NOT NULL,
    classification VARCHAR NOT NULL,
    severity       VARCHAR NOT NULL,
    -- If the transition leaves Missing and Failed: since when the update had been in these states.
    pending_since  TIMESTAMP_S
);

-- ## Runs

-- A run: one command.
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
    error_count     BIGINT NOT NULL,
    from_day        DATE
);
CREATE TABLE past_run AS SELECT *, from_day AS until_day FROM run LIMIT 0;

-- The result of a run on one instance. Kept, because Systems Manager deletes it after 30 days.
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
    response_code  BIGINT,
    -- The step of the document that ran on the platform of the instance.
    step           VARCHAR,
    from_day       DATE
);
CREATE TABLE past_invocation AS SELECT *, from_day AS until_day FROM invocation LIMIT 0;

-- The output of the failed step of a result, reduced to what may be kept.
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
    read_at         TIMESTAMP NOT NULL,
    from_day        DATE
);
CREATE TABLE past_invocation_output AS SELECT *, from_day AS until_day FROM invocation_output LIMIT 0;

-- ## Reference data

-- A patch baseline of an account and Region.
CREATE TABLE patch_baseline (
    account_id       VARCHAR NOT NULL,
    region           VARCHAR NOT NULL,
    baseline_id      VARCHAR NOT NULL,
    name             VARCHAR NOT NULL,
    operating_system VARCHAR NOT NULL,
    description      VARCHAR NOT NULL,
    is_default       BOOLEAN NOT NULL,
    from_day         DATE
);
CREATE TABLE past_patch_baseline AS SELECT *, from_day AS until_day FROM patch_baseline LIMIT 0;

-- The approved and rejected patches of a baseline.
CREATE TABLE patch_baseline_detail (
    account_id                            VARCHAR NOT NULL,
    region                                VARCHAR NOT NULL,
    baseline_id                           VARCHAR NOT NULL,
    approved_patches                      VARCHAR NOT NULL,
    rejected_patches                      VARCHAR NOT NULL,
    rejected_patches_action               VARCHAR NOT NULL,
    created_at                            TIMESTAMP,
    modified_at                           TIMESTAMP,
    -- `NON_COMPLIANT` or `COMPLIANT`: what available security updates make of an instance. Empty where it is not known.
    available_security_updates_compliance VARCHAR NOT NULL,
    from_day                              DATE
);
CREATE TABLE past_patch_baseline_detail AS SELECT *, from_day AS until_day FROM patch_baseline_detail LIMIT 0;

-- When the rules of a baseline were last read. They are read again after a while and rarely change.
CREATE TABLE patch_baseline_reading (
    account_id  VARCHAR NOT NULL,
    region      VARCHAR NOT NULL,
    baseline_id VARCHAR NOT NULL,
    read_at     TIMESTAMP NOT NULL
);

-- An approval rule of a baseline.
CREATE TABLE patch_rule (
    account_id          VARCHAR NOT NULL,
    region              VARCHAR NOT NULL,
    baseline_id         VARCHAR NOT NULL,
    position            INTEGER NOT NULL,
    -- Null on systems with apt, which have no approval delay.
    approve_after_days  INTEGER,
    approve_until       VARCHAR NOT NULL,
    compliance_level    VARCHAR NOT NULL,
    enable_non_security BOOLEAN NOT NULL,
    -- What a patch must match, the global filters of the baseline included.
    filters             VARCHAR NOT NULL,
    from_day            DATE
);
CREATE TABLE past_patch_rule AS SELECT *, from_day AS until_day FROM patch_rule LIMIT 0;

-- The assignment of a patch group to a baseline.
CREATE TABLE patch_group (
    account_id       VARCHAR NOT NULL,
    region           VARCHAR NOT NULL,
    patch_group      VARCHAR NOT NULL,
    baseline_id      VARCHAR NOT NULL,
    operating_system VARCHAR NOT NULL,
    from_day         DATE
);
CREATE TABLE past_patch_group AS SELECT *, from_day AS until_day FROM patch_group LIMIT 0;

-- A maintenance window of an account and Region.
CREATE TABLE maintenance_window (
    account_id        VARCHAR NOT NULL,
    region            VARCHAR NOT NULL,
    window_id         VARCHAR NOT NULL,
    name              VARCHAR NOT NULL,
    enabled           BOOLEAN NOT NULL,
    schedule          VARCHAR NOT NULL,
    schedule_timezone VARCHAR NOT NULL,
    duration_hours    INTEGER NOT NULL,
    next_execution_at TIMESTAMP,
    cutoff_hours      INTEGER DEFAULT 0,
    from_day          DATE
);
CREATE TABLE past_maintenance_window AS SELECT *, from_day AS until_day FROM maintenance_window LIMIT 0;

-- A target of a maintenance window.
CREATE TABLE window_target (
    account_id VARCHAR NOT NULL,
    region     VARCHAR NOT NULL,
    window_id  VARCHAR NOT NULL,
    target_id  VARCHAR NOT NULL,
    name       VARCHAR NOT NULL,
    targets    VARCHAR NOT NULL,
    from_day   DATE
);
CREATE TABLE past_window_target AS SELECT *, from_day AS until_day FROM window_target LIMIT 0;

-- A task of a maintenance window.
CREATE TABLE window_task (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    window_id       VARCHAR NOT NULL,
    task_id         VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    task_type       VARCHAR NOT NULL,
    -- The name of the document, if the task is a command.
    task_arn        VARCHAR NOT NULL,
    priority        INTEGER NOT NULL,
    max_concurrency VARCHAR NOT NULL,
    max_errors      VARCHAR NOT NULL,
    from_day        DATE
);
CREATE TABLE past_window_task AS SELECT *, from_day AS until_day FROM window_task LIMIT 0;

-- An execution of a maintenance window. Kept, because Systems Manager deletes it after 30 days.
CREATE TABLE window_execution (
    account_id     VARCHAR NOT NULL,
    region         VARCHAR NOT NULL,
    window_id      VARCHAR NOT NULL,
    execution_id   VARCHAR NOT NULL,
    status         VARCHAR NOT NULL,
    status_details VARCHAR NOT NULL,
    started_at     TIMESTAMP,
    ended_at       TIMESTAMP,
    from_day       DATE
);
CREATE TABLE past_window_execution AS SELECT *, from_day AS until_day FROM window_execution LIMIT 0;

-- A patch policy that Quick Setup has deployed to an account and Region.
CREATE TABLE patch_policy (
    account_id                  VARCHAR NOT NULL,
    region                      VARCHAR NOT NULL,
    configuration_id            VARCHAR NOT NULL,
    name                        VARCHAR NOT NULL,
    manager_arn                 VARCHAR NOT NULL,
    operation                   VARCHAR NOT NULL,
    scan_schedule               VARCHAR NOT NULL,
    -- Whether the first scan waits for its schedule instead of following the deployment.
    scan_waits                  BOOLEAN NOT NULL,
    install_schedule            VARCHAR NOT NULL,
    install_waits               BOOLEAN NOT NULL,
    reboot_option               VARCHAR NOT NULL,
    -- One a line: they override those of patch groups, and the default ones.
    baselines                   VARCHAR NOT NULL,
    target_type                 VARCHAR NOT NULL,
    -- This and the columns below with several values separate them by commas.
    target_instances            VARCHAR NOT NULL,
    target_tag_key              VARCHAR NOT NULL,
    target_tag_value            VARCHAR NOT NULL,
    target_resource_group       VARCHAR NOT NULL,
    target_organizational_units VARCHAR NOT NULL,
    target_accounts             VARCHAR NOT NULL,
    target_regions              VARCHAR NOT NULL,
    -- Whether its target accounts and Regions include this one.
    is_target                   BOOLEAN NOT NULL,
    status                      VARCHAR NOT NULL,
    modified_at                 TIMESTAMP,
    -- While this is the same, its details are not read again.
    change_key                  VARCHAR NOT NULL,
    from_day                    DATE
);
CREATE TABLE past_patch_policy AS SELECT *, from_day AS until_day FROM patch_policy LIMIT 0;

-- An association of State Manager.
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
    last_execution_at TIMESTAMP,
    from_day          DATE
);
CREATE TABLE past_association AS SELECT *, from_day AS until_day FROM association LIMIT 0;

-- A setting of Systems Manager in an account and Region: the tier of its hybrid instances.
CREATE TABLE service_setting (
    account_id VARCHAR NOT NULL,
    region     VARCHAR NOT NULL,
    setting_id VARCHAR NOT NULL,
    value      VARCHAR NOT NULL,
    from_day   DATE
);
CREATE TABLE past_service_setting AS SELECT *, from_day AS until_day FROM service_setting LIMIT 0;

-- The last time that AWS was asked for its own list of the nodes of an account. One Region answers for all.
CREATE TABLE node_listing (
    account_id      VARCHAR NOT NULL,
    region          VARCHAR NOT NULL,
    read_at         TIMESTAMP NOT NULL,
    -- The message of AWS if the role may not read the list, or else empty.
    denied          VARCHAR NOT NULL,
    -- Whether the unmanaged instances were listed.
    lists_unmanaged BOOLEAN NOT NULL,
    -- Whether there are more unmanaged instances than were listed.
    is_cut          BOOLEAN NOT NULL,
    from_day        DATE
);
CREATE TABLE past_node_listing AS SELECT *, from_day AS until_day FROM node_listing LIMIT 0;

-- The managed nodes that AWS counts in a Region, and what was stored at that time.
CREATE TABLE node_count (
    account_id         VARCHAR NOT NULL,
    -- The Region that was asked.
    region             VARCHAR NOT NULL,
    node_region        VARCHAR NOT NULL,
    resource_type      VARCHAR NOT NULL,
    nodes              BIGINT NOT NULL,
    -- The current instances, stopped ones and those with a lost agent included.
    instances          BIGINT NOT NULL,
    -- Those of them that Systems Manager did not list: AWS may count them or not.
    unlisted_instances BIGINT NOT NULL,
    -- When the counts were first seen to differ, without agreeing since. Null if they agree.
    differs_since      TIMESTAMP,
    from_day           DATE
);
CREATE TABLE past_node_count AS SELECT *, from_day AS until_day FROM node_count LIMIT 0;

-- An EC2 instance that Systems Manager does not manage.
CREATE TABLE unmanaged_instance (
    account_id       VARCHAR NOT NULL,
    -- The Region that was asked.
    region           VARCHAR NOT NULL,
    node_region      VARCHAR NOT NULL,
    node_id          VARCHAR NOT NULL,
    name             VARCHAR NOT NULL,
    computer_name    VARCHAR NOT NULL,
    ip_address       VARCHAR NOT NULL,
    platform_name    VARCHAR NOT NULL,
    platform_version VARCHAR NOT NULL,
    captured_at      TIMESTAMP,
    from_day         DATE
);
CREATE TABLE past_unmanaged_instance AS SELECT *, from_day AS until_day FROM unmanaged_instance LIMIT 0;

-- ## Feeds

-- A file of a vendor about vulnerabilities, as it was last imported. The rows of feeds have no past.
CREATE TABLE feed (
    name         VARCHAR NOT NULL,
    format       VARCHAR NOT NULL,
    -- While this is the same, the file is not read again.
    file_key     VARCHAR NOT NULL,
    -- The newest change that the file has.
    published_at TIMESTAMP,
    imported_at  TIMESTAMP NOT NULL,
    entries      BIGINT NOT NULL
);

-- A package of an operating system that fixes a CVE from a version on.
CREATE TABLE feed_fix (
    feed          VARCHAR NOT NULL,
    -- A code such as `almalinux`, with the release that its packages belong to.
    system        VARCHAR NOT NULL,
    release       VARCHAR NOT NULL,
    package       VARCHAR NOT NULL,
    fixed_version VARCHAR NOT NULL,
    -- Empty for an advisory without one.
    cve           VARCHAR NOT NULL,
    advisory      VARCHAR NOT NULL,
    -- Whether the source names every package that has the vulnerability, so that an instance without any of them is not
    -- affected.
    is_complete   BOOLEAN NOT NULL
);

-- A CVE that is known to be exploited.
CREATE TABLE exploited_cve (
    feed     VARCHAR NOT NULL,
    cve      VARCHAR NOT NULL,
    added_on DATE NOT NULL,
    -- The day until which the source wants it fixed.
    due_on   DATE
);

-- ## Organization

-- The last listing of the accounts of the organization. At most one row.
CREATE TABLE organization_listing (
    tried_at        TIMESTAMP NOT NULL,
    last_good_at    TIMESTAMP,
    -- When the tags of all members were last read. Those of new members are read at once.
    tags_read_at    TIMESTAMP,
    -- The number of active members without the tags of an owner, which are not harvested.
    unassigned      BIGINT NOT NULL,
    -- This and the columns below are empty unless the last listing failed.
    error_operation VARCHAR NOT NULL,
    error_class     VARCHAR NOT NULL,
    error_code      VARCHAR NOT NULL,
    error_message   VARCHAR NOT NULL
);

-- An account of the organization at the last successful listing.
CREATE TABLE organization_member (
    systems_account VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    active          BOOLEAN NOT NULL,
    partition       VARCHAR DEFAULT 'aws'
);

-- A tag of a member with the prefix `muster:`, without that prefix.
CREATE TABLE organization_tag (
    systems_account VARCHAR NOT NULL,
    key             VARCHAR NOT NULL,
    value           VARCHAR NOT NULL
);

-- ## Figures and settings

-- The figures of an account on one day, as the last round of the day left them. Trends are drawn from them.
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
    up_to_date                   BIGINT NOT NULL,
    -- This and the columns below are null on days that were recorded before they were added.
    runs_succeeded               BIGINT,
    runs_total                   BIGINT,
    pending_critical             BIGINT,
    pending_important            BIGINT,
    pending_moderate             BIGINT,
    pending_low                  BIGINT,
    pending_unrated              BIGINT,
    details_missing              BIGINT,
    non_compliant                BIGINT,
    unsupported                  BIGINT
);

-- The number of days in which a customer wants updates of one severity band installed.
CREATE TABLE service_level (
    -- Empty for the default, which has all bands. A customer has the bands that differ.
    customer_id VARCHAR NOT NULL,
    band        VARCHAR NOT NULL,
    days        INTEGER NOT NULL,
    from_day    DATE
);
CREATE TABLE past_service_level AS SELECT *, from_day AS until_day FROM service_level LIMIT 0;

-- A link that shows an auditor the accounts of one customer as of one day, or calendar programs when they are patched.
CREATE TABLE auditor_link (
    -- The beginning of the hash. It names the link on pages, in sessions and in the audit log.
    link_id       VARCHAR NOT NULL,
    -- The SHA-256 hash of the token, in hexadecimal digits. The token itself is not stored.
    token_hash    VARCHAR NOT NULL,
    customer_id   VARCHAR NOT NULL,
    -- The name of the customer when the link was created.
    customer_name VARCHAR NOT NULL,
    -- Null if it is the address of a calendar.
    day           DATE,
    -- The identity that created the link, and its name on pages.
    made_by       VARCHAR NOT NULL,
    made_by_name  VARCHAR NOT NULL,
    made_at       TIMESTAMP NOT NULL,
    expires_at    TIMESTAMP NOT NULL,
    revoked_at    TIMESTAMP
);

-- A decision to accept or defer a patch or a CVE for some instances of an account until a day. Rows are never removed.
CREATE TABLE exception (
    exception_id    VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,
    -- The CVE that is excepted; empty if it is a patch, by its name (`kb_id`) and title.
    cve             VARCHAR NOT NULL,
    kb_id           VARCHAR NOT NULL,
    title           VARCHAR NOT NULL,
    account_id      VARCHAR NOT NULL,
    -- Only instances of this patch group; empty for all of the account.
    patch_group     VARCHAR NOT NULL,
    -- Only this instance; empty for all of the account or patch group.
    instance_id     VARCHAR NOT NULL,
    -- The last day on which it holds.
    until_day       DATE NOT NULL,
    reason          VARCHAR NOT NULL,
    -- The identity that made it, and its name on pages.
    made_by         VARCHAR NOT NULL,
    made_by_name    VARCHAR NOT NULL,
    made_at         TIMESTAMP NOT NULL,
    revoked_by      VARCHAR,
    revoked_by_name VARCHAR,
    revoked_at      TIMESTAMP
);

-- ## Maintenance of the store

-- An applied migration.
CREATE TABLE schema_version (
    version BIGINT NOT NULL
);

-- How far the history is sorted. One row.
CREATE TABLE compaction (
    -- The last sorted scan.
    scan_key         BIGINT NOT NULL,
    -- Archived rows that were valid until this day are sorted.
    until_day        DATE NOT NULL,
    -- The same of the tables that are sorted by day.
    day_sorted_until DATE DEFAULT CAST('1970-01-01' AS "DATE")
);

-- How far back the history goes. One row.
CREATE TABLE retention (
    -- The first day with a complete history. Null if nothing was ever dropped.
    kept_since DATE,
    -- All scans and transitions from this key on are stored, and of those before it the ones that later ones continue
    -- from.
    scan_key   BIGINT NOT NULL
);

-- A damaged write-ahead log that was moved away. Everything is read again after that.
CREATE TABLE lost_log (
    number       BIGINT NOT NULL,
    found_at     TIMESTAMP NOT NULL,
    -- The name of its file beside the store.
    kept_as      VARCHAR NOT NULL,
    -- When every account and Region was read again.
    made_good_at TIMESTAMP
);

-- An instance whose updates are read again although its change key did not change. One row for each instance, so that
-- an account that needs several rounds continues where it stopped.
CREATE TABLE unsure_instance (
    instance_key BIGINT NOT NULL
);

-- An instance whose latest result says that Patch Manager does not support its operating system.
CREATE TABLE unsupported_system (
    instance_key   BIGINT NOT NULL,
    -- When the run of that result was requested.
    unsupported_at TIMESTAMP NOT NULL,
    from_day       DATE
);
CREATE TABLE past_unsupported_system AS SELECT *, from_day AS until_day FROM unsupported_system LIMIT 0;

-- An instance, current or gone, of which enrollment attested what it is. The identity stays the same when it is
-- registered again.
CREATE TABLE attested_instance (
    instance_key BIGINT NOT NULL,
    -- Its provider and its id at the provider, which tell it within its account.
    attested_id  VARCHAR NOT NULL,
    from_day     DATE
);
CREATE TABLE past_attested_instance AS SELECT *, from_day AS until_day FROM attested_instance LIMIT 0;

-- A current instance that is the same machine as another one of its account, which counts in its place.
CREATE TABLE instance_twin (
    instance_key BIGINT NOT NULL,
    -- The id of the instance that counts.
    counted_id   VARCHAR NOT NULL,
    -- The harvest that found it.
    since        TIMESTAMP NOT NULL,
    from_day     DATE
);
CREATE TABLE past_instance_twin AS SELECT *, from_day AS until_day FROM instance_twin LIMIT 0;
