-- Which candidates are other registrations of the instance {own}: all with the same attested identity or source, and
-- hybrid instances that were not there at the same time, unless their attested identities differ.
SELECT f.instance_id, f.region, o.registered_at, f.first_seen_at, f.gone_at, f.begins_at < f.own_begins_at AS earlier,
    coalesce(a.attested_id = b.attested_id, false) AS is_attested
FROM (
    SELECT f.*, coalesce(o.registered_at, o.first_seen_at) AS begins_at,
        coalesce(i.registered_at, i.first_seen_at) AS own_begins_at, i.instance_key AS own_key
    FROM instances f
    JOIN instance o ON o.instance_key = f.instance_key
    JOIN instance i ON i.instance_key = {own}
    WHERE f.instance_key <> {own} {filters}
) f
JOIN instance o ON o.instance_key = f.instance_key
JOIN instance i ON i.instance_key = f.own_key
LEFT JOIN instance_ping p ON p.instance_key = o.instance_key
LEFT JOIN instance_ping q ON q.instance_key = i.instance_key
LEFT JOIN attested_instance a ON a.instance_key = o.instance_key
LEFT JOIN attested_instance b ON b.instance_key = i.instance_key
WHERE o.instance_key IN (SELECT t.instance_key FROM instance_twin t WHERE t.counted_id = i.instance_id)
   OR o.instance_id IN (SELECT t.counted_id FROM instance_twin t WHERE t.instance_key = i.instance_key)
   OR (i.source_id <> i.instance_id AND (o.source_id, o.source_type) = (i.source_id, i.source_type))
   OR a.attested_id = b.attested_id
   OR coalesce(a.attested_id = b.attested_id, true) AND CASE
        WHEN f.begins_at < f.own_begins_at THEN o.gone_at IS NOT NULL AND p.last_ping_at <= f.own_begins_at
        ELSE i.gone_at IS NOT NULL AND q.last_ping_at <= f.begins_at
    END
ORDER BY f.begins_at DESC, f.instance_key DESC
