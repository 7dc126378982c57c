-- An instance's software.
SELECT w.name, w.version, w.publisher, w.architecture, w.installed_at
FROM software w
JOIN fact f ON f.instance_key = w.instance_key
WHERE true {filters}
{order}
