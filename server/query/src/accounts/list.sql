-- The accounts that match the filter.
SELECT
    provider, account_id, account_name, customer_id, customer_name, instances, online_instances, pending_os_updates,
    instances_pending_os_updates, pending_agent_updates, run_success_percent, runs_succeeded, runs_total,
    last_scan_at, last_harvest_at, state_rank AS harvest_state, {statuses},
    available_security_updates, installed_rejected, instances_details_missing, unmanaged_instances
FROM accounts f
WHERE true {filters}
{order}
