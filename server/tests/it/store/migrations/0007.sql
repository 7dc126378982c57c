-- A day with all figures.
INSERT INTO account_day (
    day, account_id, instances, online_instances, pending_os_updates, instances_pending_os_updates, pending_agent_updates,
    no_data, stale, failed, pending, pending_reboot, up_to_date, runs_succeeded, runs_total, pending_critical,
    pending_important, pending_moderate, pending_low, pending_unrated
)
VALUES ('2025-10-04', '703918462255', 1, 1, 2, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0);
