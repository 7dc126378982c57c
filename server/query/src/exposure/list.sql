-- The answers that match the filter, with their evidence: the update that decides, and the package, of several an affected one.
SELECT
    f.question, f.answer, f.reason, f.name AS instance_name, f.instance_id, f.provider, f.account_id, f.account_name,
    f.customer_id, f.customer_name, f.region, f.platform_name, f.platform_version,
    coalesce(CASE f.reason WHEN 'update' THEN f.own_update.package ELSE f.own_package.package END, '') AS package,
    -- Of an update, only the version of its own package.
    coalesce(CASE WHEN f.reason <> 'update' OR f.own_package.package = f.own_update.package THEN f.own_package.version END, '')
        AS installed_version,
    coalesce(CASE f.reason WHEN 'update' THEN f.own_update.needed ELSE f.own_package.needed END, '') AS needed_version,
    coalesce(CASE f.reason WHEN 'update' THEN f.own_update.state END, '') AS update_state,
    CASE f.reason
        WHEN 'update' THEN 'Systems Manager'
        WHEN 'hotfix' THEN 'Systems Manager'
        WHEN 'inventory' THEN coalesce(f.own_package.source, '')
        WHEN 'not_installed' THEN coalesce(f.absent_source, '')
        ELSE ''
    END AS source,
    CASE f.reason WHEN 'update' THEN f.own_update.since WHEN 'hotfix' THEN f.hotfix_at END AS since,
    -- Of one that is fixed, when it began to lack the update.
    (
        SELECT max(greatest(t.pending_since, f.owned_from))
        FROM transition t
        WHERE t.instance_key = f.instance_key AND t.patch_key = f.own_update.patch_key AND f.answer = 'fixed' AND f.reason = 'update'
          AND t.pending_since <= f.own_update.since AND t.to_state LIKE 'Installed%' AND t.happened_at >= f.owned_from
          AND t.scan_key NOT IN (SELECT scan_key FROM former_scan)
    ) AS exposed_from,
    f.last_scan_at
FROM (
    SELECT x.*,
        (
            SELECT arg_min(
                {
                    'package': coalesce(nullif(u.package, ''), nullif(p.kb_id, ''), p.title), 'needed': u.needed_version,
                    'state': u.state, 'patch_key': u.patch_key,
                    'since': CASE u.code
                        WHEN 0 THEN coalesce(u.pending_since, u.changed_at)
                        WHEN 2 THEN coalesce(u.installed_at, u.changed_at)
                    END
                },
                (u.code, u.patch_key)
            )
            FROM by_update u
            JOIN patch p ON p.patch_key = u.patch_key
            WHERE u.code IS NOT NULL AND u.number = x.number AND u.instance_key = x.instance_key
        ) AS own_update,
        (
            SELECT arg_min(
                {'package': k.package, 'version': k.version, 'needed': v.needed_version, 'source': v.source},
                (v.code, k.package)
            )
            FROM newest n
            JOIN verdict v ON v.package_number = n.package_number AND v.place = n.place
            JOIN known_version k ON k.package_number = n.package_number AND k.place = n.place
            WHERE v.number = x.number AND n.instance_key = x.instance_key
        ) AS own_package,
        (
            SELECT max(h.installed_at) FROM by_hotfix h WHERE h.number = x.number AND h.instance_key = x.instance_key
        ) AS hotfix_at
    FROM exposure x
) f
WHERE true {filters}
{order}
