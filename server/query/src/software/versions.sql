-- The versions of a package on each operating system.
SELECT f.platform_name, f.version, sum(f.installations)::BIGINT AS installations
FROM counted f
WHERE true {filters}
GROUP BY f.platform_name, f.version
