-- The updates of some instances that an exception accepts or defers.
SELECT e.instance_key, e.patch_key
FROM excepted e
JOIN instances f ON f.instance_key = e.instance_key
WHERE true {filters}
