-- An instance's update history. Computed columns: the run of the same operation that was in progress when the patch
-- operation ran; whether an earlier transition had reported the update; the baseline's name; and the baseline of the
-- instance's previous transition, if it was another one. Scans under former owners are left out as `former_scan`
-- does, but by the scan at hand: `former_scan` would read the transitions of all instances. Run results are first
-- limited to the instance: a join alone would read them whole.
SELECT t.happened_at, c.seen_at, t.from_state, t.to_state,
    {description} AS description, p.kb_id AS name, t.classification, t.severity,
    c.operation, c.baseline_id, c.snapshot_id,
    (
        SELECT arg_min(v.command_id, abs(epoch(v.finished_at) - epoch(c.operation_end_at)))
        FROM (
            SELECT f.instance_key, v.command_id, v.requested_at, v.finished_at, r.operation
            FROM instances f
            JOIN invocation v ON v.account_id = f.account_id AND v.region = f.region AND v.instance_id = f.instance_id
            JOIN run r ON r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
            WHERE true {filters}
        ) v
        WHERE v.instance_key = f.instance_key
          AND v.operation = c.operation
          AND v.requested_at <= c.operation_end_at
          AND v.finished_at >= c.operation_start_at
          AND v.requested_at >= c.operation_start_at - INTERVAL 1 HOUR
          AND v.requested_at >= f.owned_from
    ) AS command_id,
    f.instance_id, f.name AS instance_name, f.provider, f.account_id, f.account_name, f.region,
    CASE
        WHEN row_number() OVER (PARTITION BY t.instance_key, t.patch_key ORDER BY t.scan_key) > 1 THEN 'returned'
        ELSE 'first_seen'
    END AS kind,
    (SELECT {severity_band} FROM (SELECT t.severity) u) AS severity_band,
    b.name AS baseline_name,
    -- Before the retained days, the previous transition may have been dropped.
    CASE WHEN t.scan_key >= (SELECT scan_key FROM retention) THEN nullif(
        last_value(c.baseline_id) OVER (
            PARTITION BY t.instance_key ORDER BY c.scan_key RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        c.baseline_id
    ) END AS previous_baseline_id
FROM transition t
JOIN instances f ON f.instance_key = t.instance_key
JOIN scan c ON c.scan_key = t.scan_key AND c.instance_key = f.instance_key
JOIN patch p ON p.patch_key = t.patch_key
LEFT JOIN patch_baseline b
    ON b.account_id = f.account_id AND b.region = f.region AND b.baseline_id = c.baseline_id
WHERE least(c.operation_end_at, c.seen_at) >= f.owned_from {filters}
{order}
