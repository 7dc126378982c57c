-- The tier of the hybrid activations of an instance's account and Region.
SELECT value
FROM service_setting
WHERE account_id = {account_id} AND region = {region} AND setting_id = '/ssm/managed-instance/activation-tier'
