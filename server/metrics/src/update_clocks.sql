-- `updates`: every update in scope with its instance, patch and due date; the columns of the due date are null unless
-- it is pending. Each step is an expression of its own, because DuckDB copies a column into every place of the same
-- list that names it. Follows instance_policies.sql.
,
-- Systems Manager reports no release dates with an instance's patches. Windows' titles name a month ("2025-10
-- Cumulative Update …"): such an update is released on the second Tuesday of that month, unless it is a preview.
with_month AS (
    SELECT
        f.* EXCLUDE (first_seen_at),
        f.first_seen_at AS instance_first_seen_at,
        u.patch_key,
        u.state,
        u.classification,
        u.severity,
        {severity_band} AS severity_band,
        u.installed_at,
        u.cve_ids,
        u.first_seen_at,
        u.changed_at,
        u.pending_since,
        p.title,
        p.kb_id,
        CASE
            WHEN u.pending_since IS NOT NULL AND f.platform_type = 'Windows' AND p.title LIKE '20__-__ %'
                AND NOT contains(p.title, 'Preview') THEN try_cast(left(p.title, 7) || '-01' AS DATE)
        END AS title_month
    FROM instance_update u
    JOIN with_policy f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
),
with_tuesday AS (
    SELECT *, title_month + (7 + (9 - dayofweek(title_month)) % 7)::INTEGER AS second_tuesday FROM with_month
),
-- An update that was pending before that day was released out of schedule, at an unknown time.
with_release AS (
    SELECT *, CASE WHEN second_tuesday <= pending_since::DATE THEN second_tuesday END AS released_on FROM with_tuesday
),
-- An update that is pending is approved, even if the baseline's delay is not over.
with_approval AS (
    SELECT
        *,
        CASE
            WHEN released_on + approve_after_days IS NOT NULL
                THEN least((released_on + approve_after_days)::TIMESTAMP, pending_since)
        END AS approved_at
    FROM with_release
),
-- The clock starts with the approval, even if the instance was scanned later, but not before the instance was first
-- seen. It starts again if the update was installed in between.
with_start AS (
    SELECT
        *,
        CASE
            WHEN approved_at IS NULL OR pending_since > first_seen_at THEN pending_since
            ELSE least(pending_since, greatest(approved_at, instance_first_seen_at))
        END AS clock_starts_at
    FROM with_approval
),
with_due_date AS (
    SELECT
        *,
        clock_starts_at + to_days(
            CASE severity_band
                WHEN 'critical' THEN critical_days
                WHEN 'important' THEN important_days
                WHEN 'moderate' THEN moderate_days
                WHEN 'low' THEN low_days
                ELSE unrated_days
            END
        ) AS due_at
    FROM with_start
),
updates AS (
    SELECT
        *,
        CASE WHEN due_at < now THEN 'overdue' WHEN due_at <= soon_until THEN 'soon' WHEN due_at IS NOT NULL THEN 'later' END
            AS due,
        CASE WHEN pending_since IS NOT NULL THEN greatest(0, datesub('day', pending_since, now)) END AS age_days
    FROM with_due_date
)
