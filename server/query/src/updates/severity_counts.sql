-- Pending updates of current instances by severity band, and available security updates in a row without a band.
SELECT band, count(*) AS updates, count(DISTINCT instance_key) AS instances, min(changed_at) AS since
FROM (
    SELECT u.instance_key, u.changed_at, CASE WHEN u.state IN {pending_states} THEN {severity_band} END AS band
    FROM instance_update u
    JOIN instances f ON f.instance_key = u.instance_key
    WHERE (u.state IN {pending_states} OR u.state = 'AvailableSecurityUpdate') AND f.gone_at IS NULL {filters}
)
GROUP BY band
