-- `window_instance`: the instances that the targets of each enabled maintenance window match; `patching_window`: the windows
-- that will patch. Follows the definition of `instances`.
, patching_window AS (
    SELECT w.account_id, w.region, w.window_id
    FROM maintenance_window w
    -- A window without a next execution has ended.
    WHERE w.enabled AND w.next_execution_at IS NOT NULL AND EXISTS (
        FROM window_task k
        WHERE k.account_id = w.account_id AND k.region = w.region AND k.window_id = w.window_id
          AND k.task_arn IN {patch_documents}
    )
),
-- A part of a target for each of its texts. Joins are by equality: a window names few of an account's instances.
window_part AS (
    SELECT account_id, region, window_id, target_id, key, unnest(string_split(substr(part, length(key) + 2), ',')) AS text
    FROM (
        SELECT account_id, region, window_id, target_id, part, split_part(part, '=', 1) AS key
        FROM (
            SELECT t.account_id, t.region, t.window_id, t.target_id,
                -- Parts are separated by a semicolon and a blank.
                unnest(string_split(t.targets, chr(59) || ' ')) AS part
            FROM window_target t
            JOIN maintenance_window w ON w.account_id = t.account_id AND w.region = t.region AND w.window_id = t.window_id
            WHERE w.enabled
        )
    )
),
-- Where no tags are known, the patch group that a scan reported tells one.
instance_tag AS (
    SELECT f.account_id, f.region, t.instance_key, t.key, t.value
    FROM tag t
    JOIN instances f ON f.instance_key = t.instance_key
    UNION ALL
    SELECT f.account_id, f.region, f.instance_key, unnest(['Patch Group', 'PatchGroup']), f.patch_group
    FROM instances f
    ANTI JOIN tag t ON t.instance_key = f.instance_key
    WHERE f.patch_group <> ''
),
part_match AS (
    SELECT p.account_id, p.region, p.window_id, p.target_id, p.key, f.instance_key
    FROM window_part p
    JOIN instances f ON f.account_id = p.account_id AND f.region = p.region AND f.instance_id = p.text
    WHERE p.key = 'InstanceIds'
    UNION
    SELECT p.account_id, p.region, p.window_id, p.target_id, p.key, f.instance_key
    FROM window_part p
    JOIN instances f ON f.account_id = p.account_id AND f.region = p.region
    WHERE p.key = 'InstanceIds' AND p.text = '*'
    UNION
    SELECT p.account_id, p.region, p.window_id, p.target_id, p.key, t.instance_key
    FROM window_part p
    JOIN instance_tag t ON t.account_id = p.account_id AND t.region = p.region AND t.value = p.text AND 'tag:' || t.key = p.key
    UNION
    SELECT p.account_id, p.region, p.window_id, p.target_id, p.key, t.instance_key
    FROM window_part p
    JOIN instance_tag t ON t.account_id = p.account_id AND t.region = p.region AND t.key = p.text
    WHERE p.key = 'tag-key'
),
-- A target with several parts means the instances that all of them match.
window_instance AS (
    SELECT DISTINCT m.account_id, m.region, m.window_id, m.instance_key
    FROM (
        SELECT account_id, region, window_id, target_id, instance_key, count(DISTINCT key) AS keys FROM part_match GROUP BY ALL
    ) m
    JOIN (
        SELECT account_id, region, window_id, target_id, count(DISTINCT key) AS keys FROM window_part GROUP BY ALL
    ) p ON p.account_id = m.account_id AND p.region = m.region AND p.window_id = m.window_id AND p.target_id = m.target_id
    WHERE m.keys = p.keys
)
