-- Everything that lists show and sort by, one row for each instance. `keys` and `row_filter` limit the rows of each
-- table, because a join alone would read them whole. Follows listed_name.sql.
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
    f.uses_apt,
    coalesce(nullif(s.patch_group, ''), f.tagged_patch_group, '') AS patch_group,
    coalesce(s.missing, 0) AS missing,
    CASE WHEN f.uses_apt THEN 0 ELSE coalesce(s.critical_missing, 0) END AS critical_missing,
    coalesce(s.failed, 0) AS failed,
    coalesce(s.pending_reboot, 0) AS pending_reboot,
    coalesce(s.installed_rejected, 0) AS installed_rejected,
    coalesce(s.available_security_updates, 0) AS available_security_updates,
    -- The baseline decides. Where it is not known, or was changed after the scan, the counts of AWS tell.
    coalesce(s.available_security_updates > 0 AND (
        b.available_security_updates_compliance = 'NON_COMPLIANT'
        OR {aws_non_compliant} > s.missing + s.failed + s.pending_reboot + s.installed_rejected
    ), false) AS available_is_non_compliant,
    coalesce(s.details_missing, 0) AS details_missing,
    f.registered_at,
    f.first_seen_at,
    f.gone_at,
    f.duplicate_of,
    f.duplicate_since,
    coalesce(p.patch_policy, '') AS patch_policy,
    -- In the type of the times that they are compared with.
    g.last_ping_at::TIMESTAMP AS last_ping_at,
    o.operation_end_at::TIMESTAMP AS operation_end_at,
    x.unsupported_at,
    f.instance_state
FROM listed_name f
LEFT JOIN (SELECT * FROM instance_ping WHERE {pings}) g ON g.instance_key = f.instance_key
LEFT JOIN (SELECT * FROM patch_operation WHERE {keys}) o ON o.instance_key = f.instance_key
LEFT JOIN (SELECT * FROM unsupported_system WHERE {keys}) x ON x.instance_key = f.instance_key
LEFT JOIN (SELECT * FROM patch_state WHERE {keys}) s ON s.instance_key = f.instance_key
LEFT JOIN (SELECT * FROM patch_baseline_detail WHERE {row_filter}) b
    ON b.account_id = f.account_id AND b.region = f.region AND b.baseline_id = s.baseline_id
LEFT JOIN (
    SELECT instance_key, string_agg(DISTINCT name, ', ' ORDER BY name) AS patch_policy
    FROM ({patch_policies})
    GROUP BY instance_key
) p ON p.instance_key = f.instance_key
