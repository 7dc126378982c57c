-- Adds what dates and identities are known from: the last scan without an update, the package manager of an instance,
-- and the resource that an instance was registered as.

ALTER TABLE instance ADD COLUMN source_id VARCHAR DEFAULT '';
ALTER TABLE past_instance ADD COLUMN source_id VARCHAR DEFAULT '';

-- Of pending updates, from the recorded scans before the one that first had them.
ALTER TABLE instance_update ADD COLUMN absent_at TIMESTAMP;
ALTER TABLE past_instance_update ADD COLUMN absent_at TIMESTAMP;
CREATE TEMP TABLE absence AS
SELECT u.instance_key, u.first_seen_at, max(s.operation_end_at)::TIMESTAMP AS absent_at
FROM (
    SELECT instance_key, first_seen_at FROM instance_update WHERE pending_since IS NOT NULL
    UNION
    SELECT instance_key, first_seen_at FROM past_instance_update WHERE pending_since IS NOT NULL
) u
JOIN scan s ON s.instance_key = u.instance_key AND s.seen_at < u.first_seen_at::TIMESTAMP_S
GROUP BY ALL;
UPDATE instance_update u SET absent_at = a.absent_at
FROM absence a
WHERE u.pending_since IS NOT NULL AND a.instance_key = u.instance_key AND a.first_seen_at = u.first_seen_at;
UPDATE past_instance_update u SET absent_at = a.absent_at
FROM absence a
WHERE u.pending_since IS NOT NULL AND a.instance_key = u.instance_key AND a.first_seen_at = u.first_seen_at;
DROP TABLE absence;

-- By the architectures in the ids of packages, which apt and RPM name differently.
ALTER TABLE patch_state ADD COLUMN uses_apt BOOLEAN;
ALTER TABLE past_patch_state ADD COLUMN uses_apt BOOLEAN;
CREATE TEMP TABLE package_manager AS
SELECT instance_key, of_apt > of_rpm AS uses_apt
FROM (
    SELECT
        u.instance_key,
        count(*) FILTER (architecture IN ('all', 'amd64', 'arm64', 'armel', 'armhf', 'mips64el', 'ppc64el')) AS of_apt,
        count(*) FILTER (architecture IN ('aarch64', 'armv7hl', 'i586', 'i686', 'noarch', 'ppc64le', 'x86_64')) AS of_rpm
    FROM instance_update u
    JOIN (SELECT patch_key, regexp_extract(kb_id, '[.]([^.]+)$', 1) AS architecture FROM patch) p
        ON p.patch_key = u.patch_key
    GROUP BY u.instance_key
)
WHERE of_apt <> of_rpm;
UPDATE patch_state s SET uses_apt = m.uses_apt FROM package_manager m WHERE m.instance_key = s.instance_key;
UPDATE past_patch_state s SET uses_apt = m.uses_apt FROM package_manager m WHERE m.instance_key = s.instance_key;
DROP TABLE package_manager;

ALTER TABLE listed_instance ADD COLUMN uses_apt BOOLEAN;
UPDATE listed_instance l SET uses_apt = n.uses_apt, critical_missing = n.critical_missing
FROM (
    SELECT
        i.instance_key,
        coalesce(b.uses_apt, s.uses_apt, false) AS uses_apt,
        CASE WHEN coalesce(b.uses_apt, s.uses_apt, false) THEN 0 ELSE coalesce(s.critical_missing, 0) END
            AS critical_missing
    FROM instance i
    LEFT JOIN patch_state s ON s.instance_key = i.instance_key
    LEFT JOIN (
        SELECT account_id, region, baseline_id, bool_or(operating_system IN ('DEBIAN', 'RASPBIAN', 'UBUNTU')) AS uses_apt
        FROM patch_baseline
        WHERE operating_system <> ''
        GROUP BY account_id, region, baseline_id
    ) b ON b.account_id = i.account_id AND b.region = i.region AND b.baseline_id = s.baseline_id
) n
WHERE n.instance_key = l.instance_key;
