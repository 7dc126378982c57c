-- The hashes of the stored inventory of an account and Region.
SELECT i.instance_id, c.type_name, c.content_hash
FROM instance i
JOIN inventory_capture c USING (instance_key)
WHERE i.account_id = $1 AND i.region = $2
