-- `with_status`: every instance ever seen in scope with its one status and counts, without runs. Those with
-- `gone_at IS NULL` are current. Follows instance_names.sql.
,
-- The newest agent that a Linux instance reports as the latest. On Windows the flag means nothing, so versions are
-- compared.
latest_agent AS (
    SELECT
        max(agent_rank) AS agent_rank,
        -- Every customer is shown this text, whichever instance reports it, so it must be a version and nothing else.
        arg_max(agent_version, agent_rank) FILTER (regexp_full_match(agent_version, '[0-9]{1,5}(\.[0-9]{1,5}){2,3}'))
            AS agent_version
    FROM instance
    WHERE gone_at IS NULL AND agent_is_latest AND platform_type <> 'Windows'
),
with_status AS (
    SELECT
        i.* EXCLUDE (agent_is_latest, operation_end_at, last_read_at),
        CASE
            WHEN i.platform_type = 'Windows' OR i.agent_is_latest IS NULL
                THEN i.agent_rank >= coalesce(l.agent_rank, i.agent_rank)
            ELSE i.agent_is_latest
        END AS agent_is_latest,
        l.agent_version AS latest_agent_version,
        i.ping_status = 'Online' AS online,
        i.missing + i.failed AS pending_os_updates,
        -- The first condition that holds decides. An operation without an end is no scan.
        CASE
            WHEN i.operation_end_at IS NULL THEN 'no_data'
            WHEN i.operation_end_at < $3 THEN 'stale'
            WHEN i.failed > 0 THEN 'failed'
            WHEN i.missing > 0 THEN 'pending'
            WHEN i.pending_reboot > 0 THEN 'pending_reboot'
            ELSE 'up_to_date'
        END AS patch_status,
        i.operation_end_at AS last_scan_at,
        i.last_read_at AS last_harvest_at
    FROM with_names i
    CROSS JOIN latest_agent l
)
