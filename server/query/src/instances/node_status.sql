-- What inventory says of an instance.
SELECT status
FROM node
WHERE account_id = {account_id} AND region = {region} AND instance_id = {instance_id}
