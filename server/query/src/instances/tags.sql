-- An instance's tags.
SELECT key, value
FROM tag
WHERE instance_key = {instance_key}
ORDER BY key, value
