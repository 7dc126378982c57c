-- The patch groups of an account with their instances' statuses.
SELECT patch_group, count(*),
    count(*) FILTER (patch_status = 'no_data'), count(*) FILTER (patch_status = 'stale'),
    count(*) FILTER (patch_status = 'failed'), count(*) FILTER (patch_status = 'pending'),
    count(*) FILTER (patch_status = 'pending_reboot'), count(*) FILTER (patch_status = 'up_to_date')
FROM fact
WHERE gone_at IS NULL {filters}
GROUP BY patch_group
ORDER BY patch_group = '', patch_group
