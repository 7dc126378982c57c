-- Whether an instance's account has patch policies in its Region.
SELECT count(*) > 0
FROM patch_policy
WHERE account_id = {account_id} AND region = {region}
