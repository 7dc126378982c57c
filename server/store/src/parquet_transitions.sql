-- All transitions, with the columns that their keys refer to. `month` is the month in which the transition happened.
SELECT
    i.account_id,
    strftime(t.happened_at, '%Y-%m') AS month,
    i.region,
    i.instance_id,
    p.title,
    p.kb_id,
    t.from_state,
    t.to_state,
    t.happened_at,
    s.seen_at,
    t.classification,
    t.severity,
    s.operation,
    s.operation_start_at,
    s.operation_end_at,
    s.baseline_id,
    s.snapshot_id,
    s.patch_group,
    s.harvest_id,
    t.pending_since
FROM transition t
JOIN scan s ON s.scan_key = t.scan_key
JOIN instance i ON i.instance_key = t.instance_key
JOIN patch p ON p.patch_key = t.patch_key
