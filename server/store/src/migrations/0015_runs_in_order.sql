-- Sorts the results of runs by instance, as compaction does since. Existing rows are sorted by day.
CREATE TEMP TABLE in_order AS SELECT * FROM invocation ORDER BY account_id, region, instance_id, requested_at;
DELETE FROM invocation;
INSERT INTO invocation SELECT * FROM in_order;
DROP TABLE in_order;
