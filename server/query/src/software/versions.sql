-- The versions of a package on each operating system.
SELECT f.platform_name, f.version, count(DISTINCT f.instance_key) AS instances
FROM installed f
WHERE true {filters}
GROUP BY f.platform_name, f.version
