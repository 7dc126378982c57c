-- Every instance with what its tags, patch state, transitions and software add.
SELECT i.*, s.patch_group AS scanned_group, s.baseline_id, o.operation_end_at AS scanned_at, (
        SELECT min(p.approve_after_days) FROM patch_rule p
        WHERE p.account_id = i.account_id AND p.region = i.region AND p.baseline_id = s.baseline_id
    ) AS approval_delay_days,
    t.name_tag, t.group_tag, coalesce(t.tags, 0) AS tags, coalesce(h.transitions, 0) AS transitions,
    coalesce(w.software, 0) AS software
FROM instance i
LEFT JOIN patch_state s ON s.instance_key = i.instance_key
LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
LEFT JOIN (
    SELECT instance_key, count(*) AS tags, max(value) FILTER (key = 'Name') AS name_tag,
        coalesce(max(value) FILTER (key = 'Patch Group'), max(value) FILTER (key = 'PatchGroup')) AS group_tag
    FROM tag GROUP BY ALL
) t ON t.instance_key = i.instance_key
LEFT JOIN (SELECT instance_key, count(*) AS transitions FROM transition GROUP BY ALL) h
    ON h.instance_key = i.instance_key
LEFT JOIN (SELECT instance_key, count(*) AS software FROM software GROUP BY ALL) w
    ON w.instance_key = i.instance_key
