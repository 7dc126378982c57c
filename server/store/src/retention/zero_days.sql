-- An account without instances has no row in the figures of a day, and counts as zero from its first row on. If all its
-- rows are of days before $1, which are dropped, the first kept day gets a row of zeros.
INSERT INTO account_day BY NAME
SELECT
    first.day,
    old.account_id,
    0 AS instances,
    0 AS online_instances,
    0 AS pending_os_updates,
    0 AS instances_pending_os_updates,
    0 AS pending_agent_updates,
    {zero_statuses},
    0 AS runs_succeeded,
    0 AS runs_total,
    0 AS pending_critical,
    0 AS pending_important,
    0 AS pending_moderate,
    0 AS pending_low,
    0 AS pending_unrated
FROM (SELECT DISTINCT account_id FROM account_day WHERE day < $1) old
CROSS JOIN (SELECT min(day) AS day FROM account_day WHERE day >= $1) first
WHERE first.day IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM account_day d WHERE d.account_id = old.account_id AND d.day = first.day)
