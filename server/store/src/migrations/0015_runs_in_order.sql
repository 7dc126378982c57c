-- Results of runs lie in the order of instances from now on, as months are put in order. Those that are there came day by day.
CREATE TEMP TABLE in_order AS SELECT * FROM invocation ORDER BY account_id, region, instance_id, requested_at;
DELETE FROM invocation;
INSERT INTO invocation SELECT * FROM in_order;
DROP TABLE in_order;
