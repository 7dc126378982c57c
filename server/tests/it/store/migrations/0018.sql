-- An update that AWS counts and does not list.
UPDATE patch_state SET missing_count = missing_count + 1, details_missing = 1 WHERE instance_key = 1;
UPDATE listed_instance SET details_missing = 1 WHERE instance_key = 1;
-- A baseline that calls available security updates non-compliant.
UPDATE patch_baseline_detail SET available_security_updates_compliance = 'NON_COMPLIANT';
