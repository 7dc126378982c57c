-- The hash of a report.
UPDATE patch_operation SET updates_hash = 42 WHERE instance_key = 1;
