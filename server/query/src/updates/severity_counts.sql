-- Pending updates of current instances by severity band.
SELECT band, count(*) AS pending_os_updates, count(DISTINCT instance_key) AS instances
FROM (
    SELECT u.instance_key, {severity_band} AS band
    FROM instance_update u
    JOIN instances f ON f.instance_key = u.instance_key
    WHERE u.state IN {pending_states} AND f.gone_at IS NULL {filters}
)
GROUP BY band
