-- Everything that lists show and sort by, one row for each instance. `keys` limits the rows of each table, because a
-- join alone would read them whole. Follows listed_name.sql.
SELECT
    f.instance_key,
    f.account_id,
    f.region,
    f.instance_id,
    f.name,
    f.computer_name,
    f.ip_address,
    f.platform_type,
    f.platform_name,
    f.platform_version,
    f.agent_version,
    f.agent_rank,
    f.agent_is_latest,
    f.ping_status,
    coalesce(nullif(s.patch_group, ''), f.tagged_patch_group, '') AS patch_group,
    coalesce(s.missing, 0) AS missing,
    CASE WHEN {uses_apt} THEN 0 ELSE coalesce(s.critical_missing, 0) END AS critical_missing,
    coalesce(s.failed, 0) AS failed,
    coalesce(s.pending_reboot, 0) AS pending_reboot,
    f.first_seen_at,
    f.gone_at,
    g.last_ping_at,
    o.operation_end_at
FROM listed_name f
LEFT JOIN (SELECT * FROM instance_ping WHERE {pings}) g ON g.instance_key = f.instance_key
LEFT JOIN (SELECT * FROM patch_operation WHERE {keys}) o ON o.instance_key = f.instance_key
LEFT JOIN (SELECT * FROM patch_state WHERE {keys}) s ON s.instance_key = f.instance_key
