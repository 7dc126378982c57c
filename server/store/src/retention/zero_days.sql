-- An account without instances has no row in the figures of a day, and counts as zero from its first row on. If all its
-- rows are of days before $1, which are dropped, the first kept day gets a row of zeros.
INSERT INTO account_day (
    day, account_id, instances, online_instances, pending_os_updates, instances_pending_os_updates,
    pending_agent_updates, no_data, stale, failed, pending, pending_reboot, up_to_date, runs_succeeded, runs_total,
    pending_critical, pending_important, pending_moderate, pending_low, pending_unrated
)
SELECT first.day, old.account_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
FROM (SELECT DISTINCT account_id FROM account_day WHERE day < $1) old
CROSS JOIN (SELECT min(day) AS day FROM account_day WHERE day >= $1) first
WHERE first.day IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM account_day d WHERE d.account_id = old.account_id AND d.day = first.day)
