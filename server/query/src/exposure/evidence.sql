-- `evidence`: what is known of current instances that decides questions, as a code, of which the least of an instance counts: 0
-- affected by an update, 1 by the inventory; 2 fixed by an update; 3 a version that tells nothing; 4 fixed by the inventory, 5 by a
-- hotfix; 6 an update that does not apply. Follows the definition of `instances`.
--
-- The lines of what was found out before have these parts: of `{questions}` the number of a question, its text, and `build` if
-- it is about one of Windows; of `{systems}` the number, an operating system, whether an instance of it without any of the
-- packages is not affected (`packages`), no instance of it is (`other`), or only updates tell (`update`), and the source; of
-- `{versions}` the number of a package on an operating system, both by name, an installed version, and its place among these; of
-- `{verdicts}` the number of the question, that of the package, the place, the code, the needed version and the source; of
-- `{updates}` the number of the question, the key of a patch, the package and version in its title, and what it tells: `both`,
-- `only` if nothing else is asked for, or just that who lacks it is affected (`lacking`), that who has it is fixed (`having`), or `nothing`; of `{hotfixes}` the
-- number of the question and the id.
, question AS (
    SELECT parts[1]::INTEGER AS number, parts[2] AS question, parts[3] AS kind
    FROM (SELECT string_split(unnest(string_split({questions}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 3
),
question_system AS (
    SELECT parts[1]::INTEGER AS number, parts[2] AS platform_name, parts[3] AS platform_version, parts[4] AS absent_means, parts[5] AS source
    FROM (SELECT string_split(unnest(string_split({systems}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 5
),
other_system AS (SELECT * FROM question_system WHERE absent_means = 'other'),
known_version AS (
    SELECT parts[1]::INTEGER AS package_number, parts[2] AS platform_name, parts[3] AS platform_version, parts[4] AS package,
        parts[5] AS version, parts[6]::INTEGER AS place
    FROM (SELECT string_split(unnest(string_split({versions}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 6
),
verdict AS (
    SELECT parts[1]::INTEGER AS number, parts[2]::INTEGER AS package_number, parts[3]::INTEGER AS place, parts[4]::INTEGER AS code,
        parts[5] AS needed_version, parts[6] AS source
    FROM (SELECT string_split(unnest(string_split({verdicts}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 6
),
question_patch AS (
    SELECT parts[1]::INTEGER AS number, parts[2]::BIGINT AS patch_key, parts[3] AS package, parts[4] AS needed_version,
        parts[5] AS tells
    FROM (SELECT string_split(unnest(string_split({updates}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 5
),
question_hotfix AS (
    SELECT parts[1]::INTEGER AS number, parts[2] AS hot_fix_id
    FROM (SELECT string_split(unnest(string_split({hotfixes}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 2
),
current AS (
    SELECT f.*, n.instance_key IS NOT NULL AS is_inventoried, f.last_scan_at IS NOT NULL AS is_scanned
    FROM instances f
    LEFT JOIN (SELECT DISTINCT instance_key FROM software) n ON n.instance_key = f.instance_key
    WHERE f.gone_at IS NULL {filters}
),
-- Of several installed versions of a package the newest counts.
newest AS (
    SELECT s.instance_key, v.package_number, max(v.place) AS place
    FROM software s
    JOIN current f ON f.instance_key = s.instance_key
    JOIN known_version v ON v.package = s.name AND v.version = s.version AND v.platform_name = f.platform_name
        AND v.platform_version = f.platform_version
    GROUP BY s.instance_key, v.package_number
),
by_update AS (
    SELECT q.number, u.instance_key, u.patch_key, u.state, u.pending_since, u.installed_at, u.changed_at, q.package, q.needed_version,
        CASE
            WHEN u.state IN {pending_states} OR u.state IN ('AvailableSecurityUpdate', 'InstalledPendingReboot')
                THEN CASE WHEN q.tells IN ('both', 'only', 'lacking') THEN 0 END
            WHEN u.state IN ('Installed', 'InstalledOther', 'InstalledRejected') THEN CASE WHEN q.tells IN ('both', 'only', 'having') THEN 2 END
            -- Of several updates that fix the same, another may apply.
            WHEN u.state = 'NotApplicable' AND q.tells = 'only' THEN 6
        END AS code
    FROM instance_update u
    JOIN question_patch q ON q.patch_key = u.patch_key
    JOIN current f ON f.instance_key = u.instance_key
    ANTI JOIN other_system s ON s.number = q.number AND s.platform_name = f.platform_name AND s.platform_version = f.platform_version
),
by_hotfix AS (
    SELECT q.number, h.instance_key, h.installed_at
    FROM hotfix h
    JOIN question_hotfix q ON q.hot_fix_id = upper(h.hot_fix_id)
    JOIN current f ON f.instance_key = h.instance_key
    ANTI JOIN other_system s ON s.number = q.number AND s.platform_name = f.platform_name AND s.platform_version = f.platform_version
),
evidence AS (
    SELECT number, instance_key, min(code) AS code
    FROM (
        SELECT number, instance_key, code FROM by_update WHERE code IS NOT NULL
        UNION ALL
        SELECT v.number, n.instance_key, v.code
        FROM newest n
        JOIN verdict v ON v.package_number = n.package_number AND v.place = n.place
        UNION ALL
        SELECT number, instance_key, 5 FROM by_hotfix
    )
    GROUP BY number, instance_key
)
