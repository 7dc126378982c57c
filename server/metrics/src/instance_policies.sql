-- `with_policy`: every instance in scope with what the due dates of its updates depend on. Follows instance_names.sql.
,
-- The approval rules of each baseline, with what a patch must match: names and values without spaces, in lower case.
approval AS (
    SELECT
        account_id,
        region,
        baseline_id,
        list({
            'days': approve_after_days,
            'until': try_cast(approve_until AS DATE),
            'filters': list_transform(list_filter(string_split(filters, chr(59) || ' '), lambda one: one <> ''), lambda one: {
                'name': split_part(one, '=', 1),
                'values': string_split(lower(replace(one[length(split_part(one, '=', 1)) + 2:], ' ', '')), ',')
            })
        }) AS rules
    FROM patch_rule
    GROUP BY account_id, region, baseline_id
),
-- The patches that a baseline approves whatever its rules say, since nobody knows when.
explicit_approval AS (
    SELECT account_id, region, baseline_id, any_value(string_split(lower(approved_patches), ' ')) AS patches
    FROM patch_baseline_detail
    WHERE approved_patches <> ''
    GROUP BY account_id, region, baseline_id
),
-- The service level of each customer; the empty id is the default.
policy AS (
    SELECT
        customer_id,
        max(days) FILTER (band = 'critical') AS critical_days,
        max(days) FILTER (band = 'important') AS important_days,
        max(days) FILTER (band = 'moderate') AS moderate_days,
        max(days) FILTER (band = 'low') AS low_days,
        max(days) FILTER (band = 'unrated') AS unrated_days
    FROM service_level
    GROUP BY customer_id
),
with_policy AS (
    SELECT
        f.instance_key,
        f.instance_id,
        f.name,
        f.provider,
        f.account_id,
        f.account_name,
        f.customer_id,
        f.region,
        f.platform_type,
        f.platform_name,
        f.uses_apt,
        f.first_seen_at,
        f.gone_at,
        $3::TIMESTAMP AS now,
        $4::TIMESTAMP AS soon_until,
        a.rules AS approval_rules,
        e.patches AS approved_patches,
        coalesce(c.critical_days, d.critical_days) AS critical_days,
        coalesce(c.important_days, d.important_days) AS important_days,
        coalesce(c.moderate_days, d.moderate_days) AS moderate_days,
        coalesce(c.low_days, d.low_days) AS low_days,
        coalesce(c.unrated_days, d.unrated_days) AS unrated_days
    FROM with_names f
    JOIN policy d ON d.customer_id = ''
    LEFT JOIN policy c ON c.customer_id = f.customer_id
    LEFT JOIN patch_state s ON s.instance_key = f.instance_key
    LEFT JOIN approval a ON a.account_id = f.account_id AND a.region = f.region AND a.baseline_id = s.baseline_id
    LEFT JOIN explicit_approval e
        ON e.account_id = f.account_id AND e.region = f.region AND e.baseline_id = s.baseline_id
)
