-- Each instance's updates by the architecture at the end of their ids, and whether one has a priority of apt.
SELECT
    u.instance_key,
    regexp_extract(p.kb_id, '[.]([^.]*)$', 1) AS architecture,
    count(*) AS packages,
    bool_or(u.severity IN ('Required', 'Standard', 'Optional', 'Extra')) AS has_priority
FROM instance_update u
JOIN patch p ON p.patch_key = u.patch_key
GROUP BY ALL
