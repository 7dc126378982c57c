-- Results of runs, each with how its instance as it is contradicts it. Only the latest finished Install run can be contradicted, and
-- only by a patch operation that ended later.
WITH results AS MATERIALIZED (
{results}
),
installed AS (SELECT DISTINCT instance_key FROM results WHERE operation = 'Install')
SELECT
    f.*,
    CASE
        WHEN f.operation = 'Install' AND f.status IN {finished_run_statuses} AND f.requested_at >= f.run_requested_at
            AND f.last_scan_at > f.finished_at AND f.gone_at IS NULL
        THEN CASE
            WHEN f.status = 'Failed' AND f.missing + f.failed = 0 THEN 'failed_but_patched'
            WHEN f.status = 'Success' AND p.pending_since < f.requested_at THEN 'succeeded_but_pending'
            WHEN f.status = 'Success' AND f.pending_reboot > 0 THEN 'reboot_not_done'
            WHEN b.instance_key IS NOT NULL THEN 'baselines_alternate'
        END
    END AS contradiction
FROM results f
LEFT JOIN (
    SELECT instance_key, min(pending_since) AS pending_since
    FROM instance_update
    WHERE pending_since IS NOT NULL AND instance_key IN (SELECT instance_key FROM installed)
    GROUP BY instance_key
) p ON p.instance_key = f.instance_key
-- The instances whose patch operations went back to every baseline that they had left: the first use of the newest baseline is
-- before the last use of any other.
LEFT JOIN (
    SELECT instance_key
    FROM (
        SELECT c.instance_key, c.baseline_id, min(c.scan_key) AS first_scan, max(c.scan_key) AS last_scan
        FROM scan c
        JOIN instances f ON f.instance_key = c.instance_key
        WHERE c.seen_at >= {scans_since}::TIMESTAMP_S AND c.instance_key IN (SELECT instance_key FROM installed)
          AND least(c.operation_end_at, c.seen_at) >= f.owned_from
        GROUP BY c.instance_key, c.baseline_id
    )
    GROUP BY instance_key
    HAVING count(*) > 1 AND max(first_scan) < min(last_scan)
) b ON b.instance_key = f.instance_key
