-- The last write-ahead log that was lost and is not made good, with the number of accounts and Regions that are not
-- read again yet. Only for a scope of all customers.
SELECT
    l.found_at,
    l.kept_as,
    (SELECT count(*) FROM account_region r
     WHERE r.removed_at IS NULL AND r.lost_log_seen < (SELECT count(*) FROM lost_log)) AS unread,
    (SELECT count(*) FROM region_state) AS regions
FROM lost_log l
WHERE $1 IS NULL AND l.made_good_at IS NULL
ORDER BY l.number DESC
LIMIT 1
