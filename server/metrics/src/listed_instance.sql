-- What lists need of each instance in one row: names, counts, last operation. `keys` limits the rows of each table: a join
-- alone would read them whole. Follows listed_name.sql.
SELECT
    n.instance_key,
    n.account_id,
    n.region,
    n.instance_id,
    n.name,
    n.computer_name,
    n.ip_address,
    n.platform_type,
    n.platform_name,
    n.platform_version,
    n.agent_version,
    n.agent_rank,
    n.agent_is_latest,
    n.ping_status,
    coalesce(nullif(s.patch_group, ''), n.tagged_patch_group, '') AS patch_group,
    coalesce(s.missing, 0) AS missing,
    -- apt's priorities are no severities, whatever words it uses.
    CASE
        WHEN n.platform_name LIKE 'Ubuntu%' OR n.platform_name LIKE 'Debian%' THEN 0
        ELSE coalesce(s.critical_missing, 0)
    END AS critical_missing,
    coalesce(s.failed, 0) AS failed,
    coalesce(s.pending_reboot, 0) AS pending_reboot,
    n.first_seen_at,
    n.gone_at,
    g.last_ping_at,
    o.operation_end_at
FROM listed_name n
LEFT JOIN (SELECT * FROM instance_ping WHERE {pings}) g ON g.instance_key = n.instance_key
LEFT JOIN (SELECT * FROM patch_operation WHERE {keys}) o ON o.instance_key = n.instance_key
LEFT JOIN (SELECT * FROM patch_state WHERE {keys}) s ON s.instance_key = n.instance_key
