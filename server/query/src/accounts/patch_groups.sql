-- An account's patch groups with the statuses of their instances.
SELECT patch_group, count(*) AS instances,
    count(*) FILTER (patch_status = 'no_data') AS no_data,
    count(*) FILTER (patch_status = 'stale') AS stale,
    count(*) FILTER (patch_status = 'failed') AS failed,
    count(*) FILTER (patch_status = 'pending') AS pending,
    count(*) FILTER (patch_status = 'pending_reboot') AS pending_reboot,
    count(*) FILTER (patch_status = 'up_to_date') AS up_to_date
FROM instances
WHERE gone_at IS NULL {filters}
GROUP BY patch_group
ORDER BY patch_group = '', patch_group
