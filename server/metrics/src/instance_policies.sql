-- `with_policy`: every instance in scope with what the due dates of its updates depend on. Follows
-- instance_approvals.sql.
,
-- The service level of each customer; the empty id is the default.
policy AS (
    SELECT
        customer_id,
        max(days) FILTER (band = 'critical') AS critical_days,
        max(days) FILTER (band = 'important') AS important_days,
        max(days) FILTER (band = 'moderate') AS moderate_days,
        max(days) FILTER (band = 'low') AS low_days,
        max(days) FILTER (band = 'unrated') AS unrated_days
    FROM service_level
    GROUP BY customer_id
),
with_policy AS (
    SELECT
        f.instance_key,
        f.instance_id,
        f.name,
        f.provider,
        f.account_id,
        f.account_name,
        f.customer_id,
        f.region,
        f.platform_type,
        f.platform_name,
        f.uses_apt,
        f.first_seen_at,
        f.gone_at,
        $3::TIMESTAMP AS now,
        $4::TIMESTAMP AS soon_until,
        f.approval_rules,
        f.approved_patches,
        coalesce(c.critical_days, d.critical_days) AS critical_days,
        coalesce(c.important_days, d.important_days) AS important_days,
        coalesce(c.moderate_days, d.moderate_days) AS moderate_days,
        coalesce(c.low_days, d.low_days) AS low_days,
        coalesce(c.unrated_days, d.unrated_days) AS unrated_days
    FROM with_approvals f
    JOIN policy d ON d.customer_id = ''
    LEFT JOIN policy c ON c.customer_id = f.customer_id
)
