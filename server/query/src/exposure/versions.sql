-- The installed versions of some packages on each operating system.
SELECT DISTINCT f.platform_name, f.platform_version, f.name, f.version
FROM counted f
WHERE f.kind = 'package' {filters}
