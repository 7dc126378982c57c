-- The instances of the same account that may be the same machine as an instance: what a cloud or another service knows
-- by the same id, and hybrid instances with its name, address and operating system. A name tells nothing if it is a
-- default, or if several current instances have it.
SELECT o.instance_key
FROM instances f
JOIN instance i ON i.instance_key = f.instance_key
JOIN instance o ON o.account_id = i.account_id AND o.instance_key <> i.instance_key
WHERE (
    (i.source_id <> '' AND i.source_id <> i.instance_id AND (o.source_id, o.source_type) = (i.source_id, i.source_type))
    OR o.instance_key IN (SELECT t.instance_key FROM instance_twin t WHERE t.counted_id = i.instance_id)
    OR o.instance_id IN (SELECT t.counted_id FROM instance_twin t WHERE t.instance_key = i.instance_key)
    OR (
        i.instance_id LIKE 'mi-%' AND o.instance_id LIKE 'mi-%'
        AND (o.computer_name, o.ip_address, o.platform_type, o.platform_name)
            = (i.computer_name, i.ip_address, i.platform_type, i.platform_name)
        AND i.computer_name <> '' AND NOT regexp_full_match(lower(i.computer_name), 'localhost([.].*)?')
        AND i.ip_address NOT IN ('', '127.0.0.1', '::1')
        AND (
            SELECT count(*) FROM instance n
            WHERE n.account_id = i.account_id AND n.computer_name = i.computer_name AND n.gone_at IS NULL
        ) <= 1
    )
) {filters}
