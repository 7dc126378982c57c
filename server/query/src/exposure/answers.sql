-- `exposure`: for each question and each current instance, what is known of it and by what. The lines of what was found out
-- before have these parts: of `{questions}` the number of the question, its text, and `build` if it is about one of Windows; of
-- `{systems}` the number of a question, an operating system, whether an instance of it without any of the packages is not
-- affected (`packages`), no instance of it is (`other`), or only updates tell (`update`), and the source; of `{verdicts}` the number, an operating system, a package
-- with an installed version, the place of this version among those installed, the answer, the needed version and the source;
-- of `{updates}` the number, the key of a patch, and the package and version in its title; of `{hotfixes}` the number and
-- the id. Follows the definition of `instances`.
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
verdict AS (
    SELECT parts[1]::INTEGER AS number, parts[2] AS platform_name, parts[3] AS platform_version, parts[4] AS package,
        parts[5] AS version, parts[6]::INTEGER AS place, parts[7] AS answer, parts[8] AS needed_version, parts[9] AS source
    FROM (SELECT string_split(unnest(string_split({verdicts}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 9
),
question_patch AS (
    SELECT parts[1]::INTEGER AS number, parts[2]::BIGINT AS patch_key, parts[3] AS package, parts[4] AS needed_version
    FROM (SELECT string_split(unnest(string_split({updates}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 4
),
question_hotfix AS (
    SELECT parts[1]::INTEGER AS number, parts[2] AS hot_fix_id
    FROM (SELECT string_split(unnest(string_split({hotfixes}, chr(10))), chr(9)) AS parts)
    WHERE len(parts) = 2
),
current AS (
    SELECT f.*
    FROM instances f
    WHERE f.gone_at IS NULL {filters}
),
-- Of several installed versions of a package the newest counts, and of several packages one that is affected.
by_inventory AS (
    SELECT number, instance_key, arg_min(decided, (decided.answer <> 'affected', package)) AS decided
    FROM (
        SELECT v.number, s.instance_key, v.package,
            arg_max({
                'answer': v.answer, 'package': v.package, 'version': v.version, 'needed': v.needed_version, 'source': v.source
            }, v.place) AS decided
        FROM software s
        JOIN current f ON f.instance_key = s.instance_key
        JOIN verdict v ON v.package = s.name AND v.version = s.version AND v.platform_name = f.platform_name
            AND v.platform_version = f.platform_version
        GROUP BY v.number, s.instance_key, v.package
    )
    GROUP BY number, instance_key
),
by_update AS (
    SELECT number, instance_key, arg_min(decided, (rank, patch_key)) AS decided
    FROM (
        SELECT q.number, u.instance_key, u.patch_key,
            CASE
                WHEN u.state IN {pending_states} OR u.state IN ('AvailableSecurityUpdate', 'InstalledPendingReboot') THEN 0
                WHEN u.state = 'NotApplicable' THEN 2
                ELSE 1
            END AS rank,
            {
                'answer': ['affected', 'fixed', 'not_affected'][rank + 1],
                'package': coalesce(nullif(q.package, ''), nullif(p.kb_id, ''), p.title),
                'needed': q.needed_version,
                'state': u.state,
                'since': CASE rank WHEN 0 THEN coalesce(u.pending_since, u.changed_at) WHEN 1 THEN coalesce(u.installed_at, u.changed_at) END
            } AS decided
        FROM instance_update u
        JOIN question_patch q ON q.patch_key = u.patch_key
        JOIN patch p ON p.patch_key = u.patch_key
        JOIN current f ON f.instance_key = u.instance_key
    )
    GROUP BY number, instance_key
),
by_hotfix AS (
    SELECT q.number, h.instance_key, max(h.installed_at) AS installed_at, any_value(h.hot_fix_id) AS hot_fix_id
    FROM hotfix h
    JOIN question_hotfix q ON q.hot_fix_id = upper(h.hot_fix_id)
    GROUP BY q.number, h.instance_key
),
inventoried AS (
    SELECT DISTINCT instance_key FROM software
),
exposure AS (
    SELECT q.number, q.question, f.*, i.decided AS inventory, u.decided AS update_row, s.source AS absent_source,
        CASE
            WHEN u.decided.answer = 'affected' OR i.decided.answer = 'affected' THEN 'affected'
            WHEN u.decided.answer = 'fixed' OR i.decided.answer = 'fixed' OR h.instance_key IS NOT NULL THEN 'fixed'
            WHEN u.decided.answer = 'not_affected' OR s.absent_means = 'other' THEN 'not_affected'
            WHEN s.absent_means = 'packages' AND n.instance_key IS NOT NULL THEN 'not_affected'
            ELSE 'unknown'
        END AS answer,
        CASE
            WHEN u.decided.answer = 'affected' THEN 'update'
            WHEN i.decided.answer = 'affected' THEN 'inventory'
            WHEN u.decided.answer = 'fixed' THEN 'update'
            WHEN i.decided.answer = 'fixed' THEN 'inventory'
            WHEN h.instance_key IS NOT NULL THEN 'hotfix'
            WHEN u.decided.answer = 'not_affected' THEN 'update'
            WHEN s.absent_means = 'other' THEN 'other_system'
            WHEN s.absent_means = 'packages' AND n.instance_key IS NOT NULL THEN 'not_installed'
            WHEN f.last_scan_at IS NULL AND n.instance_key IS NULL THEN 'never_scanned'
            WHEN q.kind = 'build' THEN 'no_build'
            WHEN s.absent_means = 'packages' THEN 'no_inventory'
            WHEN s.absent_means = 'update' THEN 'not_listed'
            ELSE 'no_source'
        END AS reason,
        CASE reason WHEN 'update' THEN u.decided.since WHEN 'hotfix' THEN h.installed_at END AS since
    FROM current f
    CROSS JOIN question q
    LEFT JOIN question_system s ON s.number = q.number AND s.platform_name = f.platform_name AND s.platform_version = f.platform_version
    LEFT JOIN by_inventory i ON i.number = q.number AND i.instance_key = f.instance_key
    LEFT JOIN by_update u ON u.number = q.number AND u.instance_key = f.instance_key
    LEFT JOIN by_hotfix h ON h.number = q.number AND h.instance_key = f.instance_key
    LEFT JOIN inventoried n ON n.instance_key = f.instance_key
)
