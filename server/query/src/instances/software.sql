-- An instance's software.
SELECT w.name, w.version, w.publisher, w.architecture, w.installed_at
FROM software w
JOIN instances f ON f.instance_key = w.instance_key
WHERE true {filters}
{order}
