-- `updates`: every update in scope with its instance, patch and due date; the columns of the due date are null unless
-- it is pending. Follows update_release_dates.sql.
,
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
