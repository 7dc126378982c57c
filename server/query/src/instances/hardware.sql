-- An instance's processors in words.
SELECT concat_ws(', ', nullif(cpu_model, ''), cpus || CASE WHEN cpus = 1 THEN ' CPU' ELSE ' CPUs' END,
    cpu_cores || CASE WHEN cpu_cores = 1 THEN ' core' ELSE ' cores' END, nullif(os_service_pack, ''))
FROM hardware
WHERE instance_key = {instance_key}
