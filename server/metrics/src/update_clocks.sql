-- `updates`: every update in scope with its instance, patch and due date; the columns of the due date are null unless
-- it is pending. Each step is an expression of its own, because DuckDB copies a column into every place of the same
-- list that names it. Follows instance_policies.sql.
,
-- Systems Manager reports no release dates with an instance's patches. Titles of Windows name a month, in any language:
-- security updates of a month are released on its second Tuesday, unless they are out of schedule. Only what the scans
-- of the instance show tells which. Other updates of a month are not tied to that day.
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
        u.absent_at,
        CASE
            WHEN u.pending_since IS NOT NULL AND u.absent_at IS NOT NULL AND f.platform_type = 'Windows'
                AND lower(replace(u.classification, ' ', '')) = 'securityupdates'
                THEN try_cast(nullif(regexp_extract(p.title, '(?:^|[^0-9A-Za-z.-])(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?:[^0-9A-Za-z.-]|$)', 1), '') || '-01' AS DATE)
        END AS title_month
    FROM instance_update u
    JOIN with_policy f ON f.instance_key = u.instance_key
    JOIN patch p ON p.patch_key = u.patch_key
),
with_tuesday AS (
    SELECT
        *,
        title_month + (7 + (9 - dayofweek(title_month)) % 7)::INTEGER AS second_tuesday,
        regexp_extract(lower(replace(platform_name, ' ', '')), 'windowsserver20[0-9]{2}(r2)?') AS system_name,
        lower(replace(title, ' ', '')) AS title_words
    FROM with_month
),
-- The product of an update for the operating system, as baselines spell it; empty if it may be another one's.
with_product AS (
    SELECT
        *,
        CASE
            WHEN contains(title_words, system_name) OR contains(title_words, 'serveroperatingsystem') THEN system_name
            ELSE ''
        END AS system_product
    FROM with_tuesday
),
-- The days on which the rules approve the update, each with how well it matches the rule. A rule until a day approves
-- what was released by then at once.
with_rules AS (
    SELECT
        *,
        CASE
            WHEN second_tuesday IS NOT NULL AND NOT coalesce(list_contains(approved_patches, lower(kb_id)), false)
                THEN list_filter(
                    list_transform(approval_rules, lambda rule: {
                        'match': CASE WHEN rule.until < second_tuesday THEN 0 ELSE {rule_match} END,
                        'is_dated': rule.days IS NOT NULL OR rule.until IS NOT NULL,
                        'day': coalesce(second_tuesday + rule.days, second_tuesday)
                    }),
                    lambda one: one.match > 0
                )
        END AS rule_days
    FROM with_product
),
-- The first rule that surely matches decides, unless one that may match approves earlier or at an unknown time.
with_rule_day AS (
    SELECT
        *,
        CASE
            WHEN len(list_filter(rule_days, lambda one: NOT one.is_dated)) = 0
                AND list_min(list_transform(rule_days, lambda one: one.day))
                    = list_min(list_transform(list_filter(rule_days, lambda one: one.match = 2), lambda one: one.day))
                THEN list_min(list_transform(rule_days, lambda one: one.day))
        END AS approved_on
    FROM with_rules
),
-- The scans agree with the day if the last one without the update ended before it was approved, and the first one with
-- it after it was released. Where scans also list what is not approved yet, the former ended before the release.
with_release AS (
    SELECT
        *,
        CASE
            WHEN absent_at::DATE <= CASE
                    WHEN first_seen_at::DATE >= approved_on THEN approved_on ELSE second_tuesday
                END
                AND second_tuesday <= least(pending_since, first_seen_at)::DATE
                THEN second_tuesday
        END AS released_on
    FROM with_rule_day
),
-- What is pending before its rule approves it was approved in another way.
with_approval AS (
    SELECT
        *,
        CASE WHEN released_on IS NOT NULL AND approved_on <= pending_since::DATE THEN approved_on::TIMESTAMP END
            AS approved_at
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
