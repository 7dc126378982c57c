-- What an instance was registered as, and what tells that another one is the same machine.
SELECT resource_type, source_id, source_type, computer_name, ip_address, platform_type, platform_name
FROM instance
WHERE instance_key = {instance_key}
