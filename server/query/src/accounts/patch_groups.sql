-- An account's patch groups with the statuses of their instances.
SELECT patch_group, count(*) AS instances,
    {instances_by_status}
FROM instances
WHERE gone_at IS NULL {filters}
GROUP BY patch_group
ORDER BY patch_group = '', patch_group
