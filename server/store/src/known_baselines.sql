-- The baselines of an account and Region whose rules were read since $3.
SELECT baseline_id FROM patch_baseline_reading WHERE account_id = $1 AND region = $2 AND read_at >= $3
