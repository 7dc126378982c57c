-- Every instance with what its tags, patch state, transitions and software add.
SELECT i.*, s.patch_group AS scanned_group, s.baseline_id, o.operation_end_at AS scanned_at,
    x.unsupported_at, y.since AS duplicate_since, (
        SELECT max(b.operating_system) FROM patch_baseline b
        WHERE b.account_id = i.account_id AND b.region = i.region AND b.baseline_id = s.baseline_id
    ) AS baseline_system,
    d.available_security_updates_compliance AS available_compliance,
    greatest(coalesce(s.missing_count, 0), 0) AS counted_missing,
    greatest(coalesce(s.failed_count, 0), 0) AS counted_failed,
    greatest(coalesce(s.installed_pending_reboot_count, 0), 0) AS counted_pending_reboot,
    greatest(coalesce(s.installed_rejected_count, 0), 0) AS counted_rejected,
    greatest(coalesce(s.available_security_update_count, 0), 0) AS counted_available,
    greatest(coalesce(s.critical_non_compliant_count, 0), 0) AS counted_critical,
    greatest(coalesce(s.security_non_compliant_count, 0), 0) AS counted_security,
    greatest(coalesce(s.other_non_compliant_count, 0), 0) AS counted_other,
    coalesce(s.details_missing, 0) AS stored_details_missing, coalesce(s.repeated_updates, 0) AS repeated,
    t.name_tag, t.group_tag, t.provider_tag, t.account_tag, t.instance_tag,
    CASE WHEN a.provider_given THEN a.provider END AS given_provider, coalesce(t.tags, 0) AS tags, coalesce(h.transitions, 0) AS transitions,
    coalesce(w.software, 0) AS software
FROM instance i
LEFT JOIN account a ON a.account_id = i.account_id
LEFT JOIN patch_state s ON s.instance_key = i.instance_key
LEFT JOIN patch_baseline_detail d
    ON d.account_id = i.account_id AND d.region = i.region AND d.baseline_id = s.baseline_id
LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
LEFT JOIN unsupported_system x ON x.instance_key = i.instance_key
LEFT JOIN instance_twin y ON y.instance_key = i.instance_key
LEFT JOIN (
    SELECT instance_key, count(*) AS tags, max(value) FILTER (key = 'Name') AS name_tag,
        coalesce(max(value) FILTER (key = 'Patch Group'), max(value) FILTER (key = 'PatchGroup')) AS group_tag,
        max(value) FILTER (key = 'muster:provider') AS provider_tag,
        max(value) FILTER (key = 'muster:account') AS account_tag,
        max(value) FILTER (key = 'muster:instance') AS instance_tag
    FROM tag GROUP BY ALL
) t ON t.instance_key = i.instance_key
LEFT JOIN (SELECT instance_key, count(*) AS transitions FROM transition GROUP BY ALL) h
    ON h.instance_key = i.instance_key
LEFT JOIN (SELECT instance_key, count(*) AS software FROM software GROUP BY ALL) w
    ON w.instance_key = i.instance_key
