-- The other registrations of an instance of which enrollment attested what it is: of the same identity in its account.
SELECT i.instance_key, i.instance_id
FROM instance i
JOIN attested_instance a ON a.instance_key = i.instance_key
WHERE i.account_id = {account_id} AND i.instance_key <> {instance_key}
  AND a.attested_id = (SELECT attested_id FROM attested_instance WHERE instance_key = {instance_key})
