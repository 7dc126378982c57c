-- Today's figures by account. $5 is the day. Accounts without instances have no row and count as zero.
INSERT INTO account_day
SELECT
    $5,
    account_id,
    count(*),
    count(*) FILTER (online),
    coalesce(sum(missing + failed), 0),
    count(*) FILTER (missing + failed > 0),
    count(*) FILTER (NOT agent_is_latest),
    count(*) FILTER (patch_status = 'no_data'),
    count(*) FILTER (patch_status = 'stale'),
    count(*) FILTER (patch_status = 'failed'),
    count(*) FILTER (patch_status = 'pending'),
    count(*) FILTER (patch_status = 'pending_reboot'),
    count(*) FILTER (patch_status = 'up_to_date')
FROM fact
WHERE gone_at IS NULL
GROUP BY account_id
