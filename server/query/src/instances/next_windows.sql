-- The schedules of the windows that will patch an instance.
WITH instances AS (
    SELECT i.instance_key, i.account_id, i.region, i.instance_id, coalesce(s.patch_group, '') AS patch_group
    FROM instance i
    LEFT JOIN (SELECT instance_key, patch_group FROM patch_state WHERE instance_key = {instance_key}) s
        ON s.instance_key = i.instance_key
    WHERE i.instance_key = {instance_key}
)
{window_instances}
SELECT w.name, w.schedule, w.schedule_timezone, w.next_execution_at
FROM window_instance m
JOIN patching_window p ON p.account_id = m.account_id AND p.region = m.region AND p.window_id = m.window_id
JOIN maintenance_window w ON w.account_id = m.account_id AND w.region = m.region AND w.window_id = m.window_id
