-- `changes`: the rows of `shown_change` with their names, the last transition of each update, and its severity then. $4 is
-- the first scan after day $3, or an earlier one. Follows changes.sql.
,
last_transition AS (
    SELECT
        c.kind_rank, c.kind, c.instance_key, c.patch_key, c.from_state, c.to_state,
        coalesce(arg_max(t.happened_at, t.scan_key), any_value(c.happened_at)) AS happened_at,
        coalesce(arg_max(t.severity, t.scan_key), '') AS severity
    FROM shown_change c
    LEFT JOIN (SELECT * FROM transition WHERE scan_key >= $4 AND scan_key NOT IN (FROM former_scan)) t
        ON t.instance_key = c.instance_key AND t.patch_key = c.patch_key
    GROUP BY ALL
),
changes AS (
    SELECT
        u.kind_rank, u.kind, u.happened_at, coalesce(p.title, '') AS title, coalesce(p.kb_id, '') AS kb_id, u.severity,
        {severity_band} AS severity_band, u.from_state, u.to_state, u.patch_key, f.*
    FROM last_transition u
    JOIN with_names f ON f.instance_key = u.instance_key
    LEFT JOIN patch p ON p.patch_key = u.patch_key
)
