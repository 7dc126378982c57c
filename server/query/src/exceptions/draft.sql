-- The instances and pending updates that a new exception would be about, and since when what it accepts is known to be exploited.
, about_patch AS (
    SELECT patch_key FROM patch WHERE {cve} = '' AND kb_id = {name} AND title = {title}
    UNION ALL
    SELECT patch_key FROM patch_cve WHERE cve = {cve}
),
target AS (
    SELECT f.instance_key FROM instances f WHERE f.gone_at IS NULL {filters}
)
SELECT
    (SELECT count(*) FROM target) AS instances,
    (
        SELECT count(*)
        FROM target t
        JOIN instance_update u ON u.instance_key = t.instance_key AND u.pending_since IS NOT NULL
        WHERE u.patch_key IN (SELECT patch_key FROM about_patch)
    ) AS pending_updates,
    (
        SELECT min(k.added_on)
        FROM exploited_cve k
        WHERE k.added_on <= {now}::TIMESTAMP::DATE
          AND (
              k.cve = {cve}
              OR {cve} = '' AND k.cve IN (SELECT cve FROM patch_cve WHERE patch_key IN (SELECT patch_key FROM about_patch))
          )
    ) AS exploited_on
