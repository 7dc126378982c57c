-- harvests with another number of transitions than they recorded
SELECT count(*) FROM harvest h
LEFT JOIN (
    SELECT s.harvest_id, count(*) AS transitions FROM transition t JOIN scan s USING (scan_key)
    GROUP BY s.harvest_id
) t USING (harvest_id)
WHERE h.transitions <> coalesce(t.transitions, 0)
  AND h.started_at >= (SELECT coalesce(kept_since::TIMESTAMP, '-infinity') FROM retention);

-- harvests with another number of calls or rows than their operations
SELECT count(*) FROM harvest h
LEFT JOIN (
    SELECT harvest_id, sum(api_calls) AS api_calls, sum(rows) AS rows FROM harvest_operation
    GROUP BY harvest_id
) o USING (harvest_id)
WHERE h.api_calls <> coalesce(o.api_calls, 0) OR h.rows <> coalesce(o.rows, 0);

-- harvests with another outcome than their errors, except those of operations without which everything is read
SELECT count(*) FROM harvest h
WHERE (h.outcome = 'ok') <> (h.harvest_id NOT IN (
    SELECT harvest_id FROM harvest_error WHERE operation NOT IN {optional_operations}
));

-- accounts and Regions with another status than their last harvest
SELECT count(*) FROM account_region r LEFT JOIN harvest h ON h.harvest_id = r.last_harvest_id
WHERE r.last_tried_at IS DISTINCT FROM h.started_at
   OR h.account_id <> r.account_id OR h.region <> r.region
   OR h.outcome = 'ok' AND r.last_good_at IS DISTINCT FROM h.started_at
   OR h.outcome <> 'failed' AND r.last_read_at IS DISTINCT FROM h.started_at;

-- transitions without a scan, instance or patch
SELECT count(*) FROM transition t LEFT JOIN scan s USING (scan_key)
    LEFT JOIN instance i ON i.instance_key = t.instance_key LEFT JOIN patch p ON p.patch_key = t.patch_key
WHERE s.scan_key IS NULL OR i.instance_key IS NULL OR p.patch_key IS NULL;

-- updates, states, tags, software or attested identities without an instance
SELECT count(*) FROM (
    SELECT DISTINCT instance_key FROM instance_update UNION SELECT instance_key FROM patch_state
    UNION SELECT instance_key FROM tag UNION SELECT instance_key FROM software
    UNION SELECT instance_key FROM attested_instance
) ANTI JOIN instance USING (instance_key);

-- duplicate keys of harvests
SELECT count(*) - count(DISTINCT harvest_id) FROM harvest;

-- duplicate keys of instances
SELECT count(*) - count(DISTINCT instance_key) FROM instance;

-- duplicate keys of scans
SELECT count(*) - count(DISTINCT scan_key) FROM scan;

-- duplicate keys of patches, and patches with two keys
SELECT 2 * count(*) - count(DISTINCT patch_key) - count(DISTINCT (title, kb_id)) FROM patch;

-- instances with two rows or two states
SELECT (SELECT count(*) - count(DISTINCT (account_id, region, instance_id)) FROM instance)
+ (SELECT count(*) - count(DISTINCT instance_key) FROM patch_state)
+ (SELECT count(*) - count(DISTINCT instance_key) FROM patch_operation)
+ (SELECT count(*) - count(DISTINCT instance_key) FROM instance_ping);

-- states without their operation, or instances without a ping
SELECT (SELECT count(*) FROM patch_state FULL JOIN patch_operation o USING (instance_key)
    WHERE o.operation IS NULL OR patch_group IS NULL)
+ (SELECT count(*) FROM instance ANTI JOIN instance_ping USING (instance_key));

-- instances with two attested identities, or with one that their tags do not name
SELECT (SELECT count(*) - count(DISTINCT instance_key) FROM attested_instance)
+ (SELECT count(*) FROM attested_instance a ANTI JOIN (
    SELECT instance_key, concat(
        max(value) FILTER (key = 'muster:provider'), ' ', max(value) FILTER (key = 'muster:instance')
    ) AS attested_id
    FROM tag WHERE key IN ('muster:provider', 'muster:instance') GROUP BY instance_key
) t ON t.instance_key = a.instance_key AND t.attested_id = a.attested_id);

-- instances that are gone although they are stopped, or neither terminated nor deregistered
SELECT count(*) FROM instance
WHERE (gone_at IS NOT NULL) <> (instance_state IN ('terminated', 'deregistered'));

-- instances that are gone although inventory has them as stopped
SELECT count(*) FROM instance SEMI JOIN (
    SELECT account_id, region, instance_id FROM node WHERE lower(status) = 'stopped'
) USING (account_id, region, instance_id) WHERE gone_at IS NOT NULL;

-- duplicate accounts, Regions, runs or results
SELECT (SELECT count(*) - count(DISTINCT account_id) FROM account)
+ (SELECT count(*) - count(DISTINCT (account_id, region)) FROM account_region)
+ (SELECT count(*) - count(DISTINCT (account_id, region, command_id)) FROM run)
+ (SELECT count(*) - count(DISTINCT (account_id, region, command_id, instance_id)) FROM invocation);
