-- Adds which instances have an operating system that Patch Manager does not support.

CREATE TABLE unsupported_system (
    instance_key   BIGINT NOT NULL,
    unsupported_at TIMESTAMP NOT NULL,
    from_day       DATE
);
CREATE TABLE past_unsupported_system AS SELECT *, from_day AS until_day FROM unsupported_system LIMIT 0;

-- From the results that are stored already, as of the last harvest.
INSERT INTO unsupported_system
SELECT i.instance_key, n.unsupported_at, (SELECT max(last_tried_at)::DATE FROM account_region)
FROM (
    SELECT account_id, region, instance_id, max(v.requested_at) AS unsupported_at,
        arg_max(
            v.response_code = 146
                OR coalesce(concat(p.standard_output, p.standard_error) LIKE '%UnsupportedOperatingSystem%', false),
            (v.requested_at, v.command_id)
        ) AS is_unsupported
    FROM invocation v
    LEFT JOIN invocation_output p USING (account_id, region, command_id, instance_id)
    WHERE v.requested_at IS NOT NULL AND v.response_code IS NOT NULL
    GROUP BY ALL
) n
JOIN instance i ON i.account_id = n.account_id AND i.region = n.region AND i.instance_id = n.instance_id
WHERE n.is_unsupported
ORDER BY i.instance_key;

ALTER TABLE listed_instance ADD COLUMN unsupported_at TIMESTAMP;
UPDATE listed_instance l SET unsupported_at = u.unsupported_at
FROM unsupported_system u
WHERE u.instance_key = l.instance_key;

ALTER TABLE account_day ADD COLUMN unsupported BIGINT;
