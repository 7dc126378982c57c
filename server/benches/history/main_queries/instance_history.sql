-- The newest transitions of one instance, each with its run, and the number of all transitions.
SELECT
    t.happened_at, c.seen_at, t.from_state, t.to_state, p.title, p.kb_id, t.classification, t.severity, c.operation,
    c.baseline_id, c.snapshot_id, i.instance_id, a.account_id, a.account_name, t.total,
    (
        SELECT max(v.command_id) FROM invocation v
        JOIN run r ON r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
        WHERE v.account_id = i.account_id AND v.region = i.region AND v.instance_id = i.instance_id
          AND r.operation = c.operation AND v.requested_at <= c.operation_end_at
          AND v.finished_at >= c.operation_start_at AND v.requested_at >= c.operation_start_at - INTERVAL '1' HOUR
    ) AS command_id
FROM (
    SELECT t.*, count(*) OVER () AS total FROM transition t
    JOIN patch p ON p.patch_key = t.patch_key
    WHERE t.instance_key = (SELECT instance_key FROM instance WHERE instance_id = {instance})
    ORDER BY t.happened_at DESC, t.scan_key DESC, p.title, p.kb_id
    LIMIT 50
) t
JOIN instance i ON i.instance_key = t.instance_key
JOIN account a ON a.account_id = i.account_id
JOIN scan c ON c.scan_key = t.scan_key
JOIN patch p ON p.patch_key = t.patch_key
ORDER BY t.happened_at DESC, c.scan_key DESC, p.title, p.kb_id
