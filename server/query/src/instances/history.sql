-- An instance's update history under all of its registrations. Computed columns: the run of the same operation that was
-- in progress when the patch operation ran; whether an earlier transition had reported the update; the baseline's name;
-- and the baseline of the instance's previous transition, if it was another one. Scans under former owners are left out
-- as `former_scan` does, but by the scan at hand. No window has a partition for each update, because DuckDB takes long
-- for many.
SELECT u.happened_at, c.seen_at, u.from_state, u.to_state,
    {description} AS description, p.kb_id AS name, u.classification, u.severity,
    c.operation, c.baseline_id, c.snapshot_id,
    x.command_id,
    f.instance_id, f.name AS instance_name, f.provider, f.account_id, f.account_name, f.region,
    CASE
        WHEN lag(u.patch_key) OVER (PARTITION BY f.history_key ORDER BY u.patch_key, u.scan_key) = u.patch_key
            THEN 'returned'
        ELSE 'first_seen'
    END AS kind,
    {severity_band} AS severity_band,
    b.name AS baseline_name,
    -- Before the retained days, the previous transition may have been dropped.
    CASE WHEN u.scan_key >= (SELECT scan_key FROM retention) THEN nullif(
        last_value(c.baseline_id) OVER (
            PARTITION BY f.history_key ORDER BY c.scan_key RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        c.baseline_id
    ) END AS previous_baseline_id
FROM transition u
JOIN instances f ON f.instance_key = u.instance_key
JOIN scan c ON c.scan_key = u.scan_key AND c.instance_key = f.instance_key
JOIN patch p ON p.patch_key = u.patch_key
LEFT JOIN (
    SELECT c.instance_key, c.scan_key,
        arg_min(v.command_id, abs(epoch(v.finished_at) - epoch(c.operation_end_at))) AS command_id
    FROM instances f
    JOIN scan c ON c.instance_key = f.instance_key
    JOIN invocation v ON v.account_id = f.account_id AND v.region = f.region AND v.instance_id = f.instance_id
    JOIN run r ON r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
    WHERE r.operation = c.operation
      AND v.requested_at <= c.operation_end_at
      AND v.finished_at >= c.operation_start_at
      AND v.requested_at >= c.operation_start_at - INTERVAL 1 HOUR
      AND v.requested_at >= f.owned_from
    GROUP BY c.instance_key, c.scan_key
) x ON x.instance_key = c.instance_key AND x.scan_key = c.scan_key
LEFT JOIN patch_baseline b
    ON b.account_id = f.account_id AND b.region = f.region AND b.baseline_id = c.baseline_id
WHERE least(c.operation_end_at, c.seen_at) >= f.owned_from {filters}
{order}
