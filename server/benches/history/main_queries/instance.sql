-- One instance with its account and the numbers of its rows.
SELECT
    l.*, a.provider, a.account_name, a.customer_name, i.resource_type, s.baseline_id, o.operation,
    (SELECT count(*) FROM transition t WHERE t.instance_key = i.instance_key) AS transitions,
    (SELECT count(*) FROM software w WHERE w.instance_key = i.instance_key) AS software,
    (
        SELECT count(*) FROM invocation v
        WHERE v.account_id = i.account_id AND v.region = i.region AND v.instance_id = i.instance_id
    ) AS runs
FROM instance i
JOIN listed_instance l ON l.instance_key = i.instance_key
JOIN account a ON a.account_id = i.account_id
LEFT JOIN patch_state s ON s.instance_key = i.instance_key
LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
WHERE i.instance_id = {instance}
