-- The patches of the updates of current instances that match the filter, without due dates. Of severities that differ, the
-- most severe counts.
SELECT
    f.*,
    f.rated.severity AS severity,
    f.rated.severity_band AS severity_band,
    NULL::TIMESTAMP AS next_due_at,
    0 AS overdue,
    {description} AS description,
    kb_id AS name
FROM (
    SELECT
        title,
        kb_id,
        max(struct_pack(rank := {severity_rank}, severity := severity, severity_band := severity_band)) AS rated,
        max(classification) AS classification,
        count(*) AS instances,
        count(*) FILTER (state = 'Failed') AS failed,
        count(DISTINCT account_id) AS accounts,
        count(DISTINCT customer_id) AS customers,
        min(pending_since) AS oldest_pending_since,
        min(first_seen_at) AS first_seen_at,
        replace(max(cve_ids), ',', chr(10)) AS cve_ids,
        min(exploited_on) AS exploited_on,
        count(*) OVER () AS total
    FROM updates f
    LEFT JOIN exploited_patch k USING (patch_key)
    WHERE gone_at IS NULL {filters}
    GROUP BY title, kb_id
) f
{order}
