-- The operating systems of current instances.
SELECT DISTINCT f.platform_name, f.platform_version
FROM instances f
WHERE f.gone_at IS NULL {filters}
