-- `with_status`: every instance ever seen in scope with its one status and counts, without runs. Those with
-- `gone_at IS NULL` are current. Follows instance_names.sql.
,
-- The first condition that holds decides. What is gone stays gone; of anything else in a Region that cannot be read
-- (failing, stale or never harvested), nothing is known at present.
with_state AS (
    SELECT
        *,
        CASE
            WHEN duplicate_of <> '' THEN 'duplicate'
            WHEN gone_at IS NOT NULL AND instance_state = 'terminated' THEN 'terminated'
            WHEN gone_at IS NOT NULL THEN 'deregistered'
            WHEN state_rank >= 2 THEN 'unreadable'
            WHEN instance_state = 'stopped' THEN 'stopped'
            WHEN instance_state = 'agent_lost' OR ping_status <> 'Online' THEN 'agent_lost'
            ELSE 'online'
        END AS decided_state
    FROM with_names
),
with_status AS (
    SELECT
        i.* EXCLUDE (agent_is_latest, operation_end_at, last_read_at, instance_state, decided_state, unsupported_at, duplicate_since),
        -- Null if it is unknown: agents of another kind count in another way, and a later major version is another line.
        CASE
            WHEN i.platform_type = 'Linux' AND i.agent_is_latest IS NOT NULL THEN i.agent_is_latest
            WHEN NOT regexp_full_match(i.agent_version, {ssm_agent_version}) THEN NULL
            WHEN i.agent_rank < l.agent_rank THEN false
            WHEN i.agent_rank // 10000000000 = l.agent_rank // 10000000000 THEN true
        END AS agent_is_latest,
        l.agent_version AS latest_agent_version,
        i.decided_state AS instance_state,
        i.decided_state = 'online' AS online,
        i.missing + i.failed AS pending_os_updates,
        -- The first condition that holds decides. An operation without an end is no scan.
        CASE
            WHEN i.unsupported_at > coalesce(i.operation_end_at, '-infinity'::TIMESTAMP) THEN 'unsupported'
            WHEN i.operation_end_at IS NULL THEN 'no_data'
            WHEN i.operation_end_at < $3 THEN 'stale'
            WHEN i.failed > 0 THEN 'failed'
            WHEN i.missing > 0 THEN 'pending'
            -- AWS counts more than it lists, and nothing that is listed is pending: nobody knows what it is.
            WHEN i.details_missing > 0 THEN 'details_missing'
            WHEN i.pending_reboot > 0 THEN 'pending_reboot'
            WHEN i.installed_rejected > 0 OR i.available_is_non_compliant THEN 'non_compliant'
            ELSE 'up_to_date'
        END AS patch_status,
        i.operation_end_at AS last_scan_at,
        i.last_read_at AS last_harvest_at
    FROM with_state i
    LEFT JOIN latest_agent l ON l.region = i.region
)
