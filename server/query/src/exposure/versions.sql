-- The installed versions of some packages on each operating system.
SELECT DISTINCT f.platform_name, f.platform_version, s.name, s.version
FROM software s
JOIN instances f ON f.instance_key = s.instance_key
WHERE f.gone_at IS NULL {filters}
