-- An instance's last patch operation.
SELECT operation AS last_operation, coalesce(install_override, false) AS install_override
FROM patch_operation
WHERE instance_key = {instance_key}
