-- `with_approvals`: every instance in scope with what its baseline approves. Follows instance_names.sql.
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
with_approvals AS (
    SELECT f.*, a.rules AS approval_rules, e.patches AS approved_patches
    FROM with_names f
    LEFT JOIN patch_state s ON s.instance_key = f.instance_key
    LEFT JOIN approval a ON a.account_id = f.account_id AND a.region = f.region AND a.baseline_id = s.baseline_id
    LEFT JOIN explicit_approval e
        ON e.account_id = f.account_id AND e.region = f.region AND e.baseline_id = s.baseline_id
)
