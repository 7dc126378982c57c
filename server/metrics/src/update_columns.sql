-- What a list of updates reads of an update `u` of an instance `f`, and of its patch `p`.
u.patch_key,
u.state,
u.classification,
u.severity,
{severity_band} AS severity_band,
u.installed_at,
u.cve_ids,
u.first_seen_at,
u.changed_at,
u.pending_since,
p.title,
p.kb_id,
u.absent_at
