-- The windows that patch nothing, and the first reason for it that applies.
SELECT f.*
FROM (
    SELECT w.window_id, w.name, r.account_id, r.account_name, r.provider, r.customer_id, r.customer_name, w.region,
        CASE
            WHEN NOT w.enabled THEN 'disabled'
            WHEN w.next_execution_at IS NULL THEN 'not_scheduled'
            WHEN p.window_id IS NULL THEN 'no_task'
            WHEN t.window_id IS NULL THEN 'no_target'
            WHEN m.window_id IS NULL THEN 'no_instance'
        END AS reason
    FROM maintenance_window w
    JOIN region_state r ON r.account_id = w.account_id AND r.region = w.region
    LEFT JOIN patching_window p ON p.account_id = w.account_id AND p.region = w.region AND p.window_id = w.window_id
    LEFT JOIN (SELECT DISTINCT account_id, region, window_id FROM window_target) t
        ON t.account_id = w.account_id AND t.region = w.region AND t.window_id = w.window_id
    LEFT JOIN (
        SELECT DISTINCT m.account_id, m.region, m.window_id
        FROM window_instance m
        JOIN instances i ON i.instance_key = m.instance_key
        WHERE i.gone_at IS NULL
    ) m ON m.account_id = w.account_id AND m.region = w.region AND m.window_id = w.window_id
) f
WHERE f.reason IS NOT NULL {filters}
ORDER BY f.reason = 'disabled', lower(f.account_name), lower(f.name), f.window_id
