-- `listed_exception`: each exception with its figures. Follows exceptions.sql of the metrics.
, listed_exception AS (
    SELECT
        x.*,
        t.name AS target_name,
        coalesce(u.pending_updates, 0) AS pending_updates,
        coalesce(u.excepted_updates, 0) AS excepted_updates
    FROM exception_state x
    LEFT JOIN (
        SELECT u.exception_id, count(*) AS pending_updates,
            count(*) FILTER (u.state = 'active' AND e.instance_key IS NOT NULL) AS excepted_updates
        FROM exception_update u
        LEFT JOIN excepted e ON e.instance_key = u.instance_key AND e.patch_key = u.patch_key
        GROUP BY u.exception_id
    ) u ON u.exception_id = x.exception_id
    LEFT JOIN (
        SELECT account_id, instance_id, any_value(name) AS name FROM with_names WHERE gone_at IS NULL GROUP BY ALL
    ) t ON x.instance_id <> '' AND t.account_id = x.account_id AND t.instance_id = x.instance_id
)
