-- An instance's processors in words.
SELECT concat_ws(', ', nullif(cpu_model, ''), cpus || ' CPUs', cpu_cores || ' cores', nullif(os_service_pack, ''))
FROM hardware
WHERE instance_key = {instance_key}
