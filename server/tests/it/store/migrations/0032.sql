INSERT INTO tag
SELECT i.instance_key, t.key, t.value, i.first_seen_at::DATE
FROM instance i, (
    VALUES ('muster:provider', 'aws'), ('muster:account', i.account_id), ('muster:instance', 'i-0aaaaaaaaaaaaaaa1')
) t(key, value)
WHERE i.instance_id = 'mi-0aaaaaaaaaaaaaaa3';
INSERT INTO attested_instance
SELECT instance_key, 'aws i-0aaaaaaaaaaaaaaa1', first_seen_at::DATE FROM instance WHERE instance_id = 'mi-0aaaaaaaaaaaaaaa3';
