-- `with_approval`: every update with its release date, and when its baseline approved it, where the scans show both.
-- Follows update_clocks.sql.
,
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
)
