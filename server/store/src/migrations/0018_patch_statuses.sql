-- Adds what the statuses "Details missing" and "Non-compliant" are decided by, and counts the figures of updates anew
-- from the stored rows, as harvests do since.

-- Whether a baseline calls available security updates non-compliant. It is known when the next harvest has read the
-- baseline. The tables are recreated so that `from_day` stays the last column.
ALTER TABLE patch_baseline_detail RENAME TO patch_baseline_detail_before;
CREATE TABLE patch_baseline_detail (
    account_id                            VARCHAR NOT NULL,
    region                                VARCHAR NOT NULL,
    baseline_id                           VARCHAR NOT NULL,
    approved_patches                      VARCHAR NOT NULL,
    rejected_patches                      VARCHAR NOT NULL,
    rejected_patches_action               VARCHAR NOT NULL,
    created_at                            TIMESTAMP,
    modified_at                           TIMESTAMP,
    available_security_updates_compliance VARCHAR NOT NULL,
    from_day                              DATE
);
INSERT INTO patch_baseline_detail BY NAME
SELECT *, '' AS available_security_updates_compliance FROM patch_baseline_detail_before;
DROP TABLE patch_baseline_detail_before;
ALTER TABLE past_patch_baseline_detail ADD COLUMN available_security_updates_compliance VARCHAR DEFAULT '';
UPDATE patch_baseline_reading SET read_at = TIMESTAMP 'epoch';

-- The updates that figures count: now, and on the first day of each past state.
CREATE TEMP TABLE counted AS
SELECT
    instance_key,
    from_day,
    until_day,
    (count(*) FILTER (state = 'Missing'))::INTEGER AS missing,
    (count(*) FILTER (state IN ('Missing', 'Failed') AND lower(severity) = 'critical'))::INTEGER AS critical_missing,
    (count(*) FILTER (state = 'Failed'))::INTEGER AS failed,
    (count(*) FILTER (state = 'InstalledPendingReboot'))::INTEGER AS pending_reboot,
    (count(*) FILTER (state = 'InstalledRejected'))::INTEGER AS installed_rejected,
    (count(*) FILTER (state = 'AvailableSecurityUpdate'))::INTEGER AS available_security_updates
FROM (
    SELECT instance_key, NULL AS from_day, NULL AS until_day, state, severity FROM instance_update
    UNION ALL
    SELECT s.instance_key, s.from_day, s.until_day, u.state, u.severity
    FROM past_patch_state s
    JOIN (
        SELECT instance_key, state, severity, from_day, DATE 'infinity' AS until_day FROM instance_update
        UNION ALL SELECT instance_key, state, severity, from_day, until_day FROM past_instance_update
    ) u ON u.instance_key = s.instance_key AND u.from_day <= s.from_day AND u.until_day > s.from_day
)
WHERE state IN ('Missing', 'Failed', 'InstalledPendingReboot', 'InstalledRejected', 'AvailableSecurityUpdate')
GROUP BY ALL;

-- How many updates AWS counts beyond those in the rows.
CREATE TEMP MACRO unlisted(counted_updates, listed) AS greatest(coalesce(counted_updates, 0) - listed, 0);

ALTER TABLE patch_state RENAME TO patch_state_before;
CREATE TABLE patch_state (
    instance_key                    BIGINT NOT NULL,
    patch_group                     VARCHAR NOT NULL,
    baseline_id                     VARCHAR NOT NULL,
    reboot_option                   VARCHAR NOT NULL,
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
    missing                         INTEGER NOT NULL,
    critical_missing                INTEGER NOT NULL,
    failed                          INTEGER NOT NULL,
    pending_reboot                  INTEGER NOT NULL,
    installed_rejected              INTEGER NOT NULL,
    available_security_updates      INTEGER NOT NULL,
    details_missing                 INTEGER NOT NULL,
    repeated_updates                INTEGER NOT NULL,
    from_day                        DATE
);
INSERT INTO patch_state BY NAME
SELECT
    s.* EXCLUDE (missing, critical_missing, failed, pending_reboot),
    0 AS available_security_update_count,
    coalesce(n.missing, 0) AS missing,
    coalesce(n.critical_missing, 0) AS critical_missing,
    coalesce(n.failed, 0) AS failed,
    coalesce(n.pending_reboot, 0) AS pending_reboot,
    coalesce(n.installed_rejected, 0) AS installed_rejected,
    coalesce(n.available_security_updates, 0) AS available_security_updates,
    0 AS details_missing,
    0 AS repeated_updates
FROM patch_state_before s
LEFT JOIN counted n ON n.instance_key = s.instance_key AND n.until_day IS NULL
ORDER BY s.instance_key;
DROP TABLE patch_state_before;

ALTER TABLE past_patch_state ADD COLUMN available_security_update_count BIGINT DEFAULT 0;
ALTER TABLE past_patch_state ADD COLUMN installed_rejected INTEGER DEFAULT 0;
ALTER TABLE past_patch_state ADD COLUMN available_security_updates INTEGER DEFAULT 0;
ALTER TABLE past_patch_state ADD COLUMN details_missing INTEGER DEFAULT 0;
ALTER TABLE past_patch_state ADD COLUMN repeated_updates INTEGER DEFAULT 0;
UPDATE past_patch_state s SET
    missing = n.missing,
    critical_missing = n.critical_missing,
    failed = n.failed,
    pending_reboot = n.pending_reboot,
    installed_rejected = n.installed_rejected,
    available_security_updates = n.available_security_updates
FROM counted n
WHERE n.instance_key = s.instance_key AND n.from_day = s.from_day AND n.until_day = s.until_day;
DROP TABLE counted;

UPDATE patch_state s SET details_missing = greatest(
    unlisted(missing_count, missing) + unlisted(failed_count, failed)
        + unlisted(installed_pending_reboot_count, pending_reboot) + unlisted(installed_rejected_count, installed_rejected),
    greatest(critical_non_compliant_count, security_non_compliant_count, 0) + greatest(other_non_compliant_count, 0)
        - (missing + failed + pending_reboot + installed_rejected + available_security_updates)
);
UPDATE past_patch_state s SET details_missing = greatest(
    unlisted(missing_count, missing) + unlisted(failed_count, failed)
        + unlisted(installed_pending_reboot_count, pending_reboot) + unlisted(installed_rejected_count, installed_rejected),
    greatest(critical_non_compliant_count, security_non_compliant_count, 0) + greatest(other_non_compliant_count, 0)
        - (missing + failed + pending_reboot + installed_rejected + available_security_updates)
);
DROP MACRO unlisted;

-- Lists read one row for each instance. The columns are in the order of the statement that computes it.
ALTER TABLE listed_instance RENAME TO listed_instance_before;
CREATE TABLE listed_instance AS
SELECT
    l.* EXCLUDE (missing, critical_missing, failed, pending_reboot, first_seen_at, gone_at, last_ping_at,
        operation_end_at, instance_state, run_status, run_requested_at),
    coalesce(s.missing, 0) AS missing,
    CASE
        WHEN l.platform_name LIKE 'Ubuntu%' OR l.platform_name LIKE 'Debian%' THEN 0
        ELSE coalesce(s.critical_missing, 0)
    END AS critical_missing,
    coalesce(s.failed, 0) AS failed,
    coalesce(s.pending_reboot, 0) AS pending_reboot,
    coalesce(s.installed_rejected, 0) AS installed_rejected,
    coalesce(s.available_security_updates, 0) AS available_security_updates,
    coalesce(
        s.available_security_updates > 0
            AND greatest(s.critical_non_compliant_count, s.security_non_compliant_count, 0)
            + greatest(s.other_non_compliant_count, 0)
            > s.missing + s.failed + s.pending_reboot + s.installed_rejected,
        false
    ) AS available_is_non_compliant,
    coalesce(s.details_missing, 0) AS details_missing,
    i.registered_at,
    l.first_seen_at,
    l.gone_at,
    l.last_ping_at,
    l.operation_end_at,
    l.instance_state,
    l.run_status,
    l.run_requested_at
FROM listed_instance_before l
LEFT JOIN instance i ON i.instance_key = l.instance_key
LEFT JOIN patch_state s ON s.instance_key = l.instance_key
ORDER BY l.instance_key;
DROP TABLE listed_instance_before;

-- Unknown, not zero, on days that were recorded before.
ALTER TABLE account_day ADD COLUMN details_missing BIGINT;
ALTER TABLE account_day ADD COLUMN non_compliant BIGINT;
