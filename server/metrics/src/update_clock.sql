-- Every update in scope with its instance, its patch and its clock, as `update_fact`; the clock's columns are null where
-- it is not pending. Each step is an expression of its own, because a column that is named within its own list is
-- copied into every place that names it. Follows clock_facts.sql.
,
-- Systems Manager gives no release dates with an instance's patches. Windows' titles name a month ("2025-10
-- Cumulative Update …"), and what is named so is released on its second Tuesday; previews are not.
titled AS (
    SELECT
        f.* EXCLUDE (first_seen_at),
        f.first_seen_at AS instance_first_seen_at,
        u.patch_key,
        u.state,
        u.classification,
        u.severity,
        {band} AS severity_band,
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
    JOIN clock_fact f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
),
dated AS (
    SELECT *, title_month + (7 + (9 - dayofweek(title_month)) % 7)::INTEGER AS second_tuesday FROM titled
),
-- What was missing before that day came out of turn: when, is unknown.
released AS (
    SELECT *, CASE WHEN second_tuesday <= pending_since::DATE THEN second_tuesday END AS released_on FROM dated
),
-- What is missing is approved, whatever a calendar says.
approved AS (
    SELECT
        *,
        CASE
            WHEN released_on + approve_after_days IS NOT NULL
                THEN least((released_on + approve_after_days)::TIMESTAMP, pending_since)
        END AS approved_at
    FROM released
),
-- From its approval on, also when the machine was scanned later; but not before the machine was known, and anew for
-- what was installed in between.
started AS (
    SELECT
        *,
        CASE
            WHEN approved_at IS NULL OR pending_since > first_seen_at THEN pending_since
            ELSE least(pending_since, greatest(approved_at, instance_first_seen_at))
        END AS clock_starts_at
    FROM approved
),
limited AS (
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
    FROM started
),
update_fact AS (
    SELECT
        *,
        CASE WHEN due_at < now THEN 'overdue' WHEN due_at <= soon_until THEN 'soon' WHEN due_at IS NOT NULL THEN 'later' END
            AS due,
        -- Whole days.
        CASE WHEN pending_since IS NOT NULL THEN greatest(0, datesub('day', pending_since, now)) END AS age_days
    FROM limited
)
