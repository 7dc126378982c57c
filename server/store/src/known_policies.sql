-- The patch policies of an account and Region.
SELECT modified_at, * EXCLUDE (modified_at) FROM patch_policy WHERE account_id = $1 AND region = $2
