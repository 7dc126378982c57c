-- An instance's tags.
SELECT t.key, t.value FROM tag t JOIN instances f ON f.instance_key = t.instance_key
WHERE true {filters}
ORDER BY t.key, t.value
