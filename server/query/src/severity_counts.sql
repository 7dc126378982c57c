-- Pending updates of current instances by severity.
SELECT band, count(*), count(DISTINCT instance_key)
FROM (
    SELECT u.instance_key, {band} AS band
    FROM instance_update u
    JOIN fact f ON f.instance_key = u.instance_key
    WHERE u.state IN ('Missing', 'Failed') AND f.gone_at IS NULL {filters}
)
GROUP BY band
