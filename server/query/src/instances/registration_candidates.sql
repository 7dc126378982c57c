-- The instances of the same account that may be the same machine as an instance: what enrollment attested to be the
-- same, what a cloud or another service knows by the same id, and hybrid instances with its name, address and operating system. A name tells nothing if it is a
-- default, or if several current instances have it.
SELECT instance_key
FROM instance
WHERE account_id = {account_id} AND instance_key <> {instance_key} AND (
    ({source_id} <> '' AND {source_id} <> {instance_id} AND source_id = {source_id} AND source_type = {source_type})
    OR instance_key IN (SELECT instance_key FROM instance_twin WHERE counted_id = {instance_id})
    OR instance_id IN (SELECT counted_id FROM instance_twin WHERE instance_key = {instance_key})
    OR instance_key IN (
        SELECT instance_key FROM attested_instance
        WHERE attested_id = (SELECT attested_id FROM attested_instance WHERE instance_key = {instance_key})
    )
    OR (
        {instance_id} LIKE 'mi-%' AND instance_id LIKE 'mi-%'
        AND computer_name = {computer_name} AND ip_address = {ip_address}
        AND platform_type = {platform_type} AND platform_name = {platform_name}
        AND {computer_name} <> '' AND NOT regexp_full_match(lower({computer_name}), 'localhost([.].*)?')
        AND {ip_address} NOT IN ('', '127.0.0.1', '::1')
        AND (
            SELECT count(*) FROM instance
            WHERE account_id = {account_id} AND computer_name = {computer_name} AND gone_at IS NULL
        ) <= 1
    )
)
