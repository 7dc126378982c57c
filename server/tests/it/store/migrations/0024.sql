UPDATE instance SET source_id = 'i-0aaaaaaaaaaaaaaa1', source_type = 'AWS::EC2::Instance'
WHERE instance_id = 'mi-0aaaaaaaaaaaaaaa3';
INSERT INTO instance_twin
SELECT instance_key, source_id, first_seen_at, first_seen_at::DATE FROM instance WHERE instance_id = 'mi-0aaaaaaaaaaaaaaa3';
UPDATE listed_instance l SET duplicate_of = t.counted_id, duplicate_since = t.since
FROM instance_twin t WHERE t.instance_key = l.instance_key;
