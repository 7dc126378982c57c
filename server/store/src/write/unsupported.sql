-- The instances of some accounts and Regions whose latest result of a patch operation says that Patch Manager does not
-- support their operating system, where that differs from what is stored. The words are those that AWS's documents print.
SELECT i.instance_key, CASE WHEN n.is_unsupported THEN n.requested_at END AS unsupported_at
FROM instance i
JOIN (
    SELECT v.account_id, v.region, v.instance_id, max(v.requested_at) AS requested_at,
        arg_max(
            v.response_code = 146
                OR coalesce(concat(p.standard_output, p.standard_error) LIKE '%UnsupportedOperatingSystem%', false),
            (v.requested_at, v.command_id)
        ) AS is_unsupported
    FROM (SELECT * FROM invocation WHERE {of_targets}) v
    LEFT JOIN (SELECT * FROM invocation_output WHERE {of_targets}) p USING (account_id, region, command_id, instance_id)
    WHERE v.requested_at IS NOT NULL AND v.response_code IS NOT NULL
    GROUP BY v.account_id, v.region, v.instance_id
) n ON n.account_id = i.account_id AND n.region = i.region AND n.instance_id = i.instance_id
LEFT JOIN unsupported_system u ON u.instance_key = i.instance_key
WHERE u.unsupported_at IS DISTINCT FROM CASE WHEN n.is_unsupported THEN n.requested_at END
