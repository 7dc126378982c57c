-- What AWS counts of an instance's updates, and the baseline of its last scan.
SELECT missing_count AS counted_missing, failed_count AS counted_failed,
    installed_pending_reboot_count AS counted_pending_reboot, installed_rejected_count AS counted_rejected,
    available_security_update_count AS counted_available, baseline_id
FROM patch_state
WHERE instance_key = {instance_key}
