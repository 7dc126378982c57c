-- The answers that match the filter, with their evidence.
SELECT
    f.question, f.answer, f.reason, f.name AS instance_name, f.instance_id, f.provider, f.account_id, f.account_name,
    f.customer_id, f.customer_name, f.region, f.platform_name, f.platform_version,
    coalesce(CASE f.reason WHEN 'update' THEN f.update_row.package ELSE f.inventory.package END, '') AS package,
    coalesce(f.inventory.version, '') AS installed_version,
    coalesce(CASE f.reason WHEN 'update' THEN coalesce(nullif(f.update_row.needed, ''), f.inventory.needed) ELSE f.inventory.needed END, '')
        AS needed_version,
    coalesce(CASE f.reason WHEN 'update' THEN f.update_row.state END, '') AS update_state,
    CASE f.reason
        WHEN 'update' THEN 'Systems Manager'
        WHEN 'hotfix' THEN 'Systems Manager'
        WHEN 'inventory' THEN coalesce(f.inventory.source, '')
        WHEN 'not_installed' THEN coalesce(f.absent_source, '')
        ELSE ''
    END AS source,
    f.since, f.last_scan_at
FROM exposure f
WHERE true {filters}
{order}
