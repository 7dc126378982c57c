-- The results of an account with what they say of Install runs and of the operating system.
SELECT i.instance_key, v.requested_at, v.finished_at, v.command_id, v.status, EXISTS (
        FROM run r WHERE r.account_id = v.account_id AND r.region = v.region AND r.command_id = v.command_id
            AND r.operation = 'Install'
    ) AS is_install,
    CASE WHEN v.response_code IS NOT NULL THEN v.response_code = 146 OR EXISTS (
        FROM invocation_output o WHERE o.account_id = v.account_id AND o.region = v.region
            AND o.command_id = v.command_id AND o.instance_id = v.instance_id
            AND (contains(o.standard_output, 'UnsupportedOperatingSystem')
                OR contains(o.standard_error, 'UnsupportedOperatingSystem'))
    ) END AS is_unsupported
FROM invocation v
JOIN instance i ON i.account_id = v.account_id AND i.region = v.region AND i.instance_id = v.instance_id
WHERE v.account_id = $1 AND v.requested_at IS NOT NULL
