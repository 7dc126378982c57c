-- `accounts`: every account in scope with the figures of the Patching table. Accounts without instances count as zero.
-- Follows instance_runs.sql.
, account_state AS (
    SELECT
        account_id,
        any_value(provider) AS provider,
        any_value(provider_rank) AS provider_rank,
        any_value(account_name) AS account_name,
        any_value(customer_id) AS customer_id,
        any_value(customer_name) AS customer_name,
        max(state_rank) AS state_rank,
        -- A Region that was never read leaves the whole account's age unknown.
        CASE WHEN count(*) = count(last_read_at) THEN min(last_read_at) END AS last_harvest_at
    FROM region_state
    GROUP BY account_id
),
account_counts AS (
    SELECT
        account_id,
        count(*) AS instances,
        count(*) FILTER (online) AS online_instances,
        sum(f.pending_os_updates)::BIGINT AS pending_os_updates,
        count(*) FILTER (f.pending_os_updates > 0) AS instances_pending_os_updates,
        count(*) FILTER (NOT agent_is_latest) AS pending_agent_updates,
        count(*) FILTER (run_status = 'Success') AS runs_succeeded,
        count(run_status) AS runs_total,
        max(last_scan_at) AS last_scan_at,
        sum(f.available_security_updates)::BIGINT AS available_security_updates,
        sum(f.installed_rejected)::BIGINT AS installed_rejected,
        count(*) FILTER (f.details_missing > 0) AS instances_details_missing,
        {instances_by_status}
    FROM instances f
    WHERE gone_at IS NULL
    GROUP BY account_id
),
-- Accounts without a row are not listed, which is not zero.
account_unmanaged AS (
    SELECT l.account_id, count(u.node_id) AS unmanaged_instances
    FROM {node_listings} l
    LEFT JOIN unmanaged_instance u ON u.account_id = l.account_id AND u.region = l.region
    WHERE l.lists_unmanaged
    GROUP BY l.account_id
),
accounts AS (
    SELECT
        s.*,
        coalesce(f.instances, 0) AS instances,
        coalesce(f.online_instances, 0) AS online_instances,
        coalesce(f.pending_os_updates, 0) AS pending_os_updates,
        coalesce(f.instances_pending_os_updates, 0) AS instances_pending_os_updates,
        coalesce(f.pending_agent_updates, 0) AS pending_agent_updates,
        coalesce(f.runs_succeeded, 0) AS runs_succeeded,
        coalesce(f.runs_total, 0) AS runs_total,
        {run_success_percent} AS run_success_percent,
        f.last_scan_at,
        coalesce(f.available_security_updates, 0) AS available_security_updates,
        coalesce(f.installed_rejected, 0) AS installed_rejected,
        coalesce(f.instances_details_missing, 0) AS instances_details_missing,
        u.unmanaged_instances,
        {statuses_or_zero}
    FROM account_state s
    LEFT JOIN account_counts f USING (account_id)
    LEFT JOIN account_unmanaged u USING (account_id)
)
