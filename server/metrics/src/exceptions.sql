-- Exceptions of the accounts in scope: `exception_state` with the state of each at {now}; of those that are {counted},
-- `exception_target` has the current instances that they include, and `exception_update` the pending updates on these;
-- `excepted` has the updates that are excepted. Follows instance_names.sql.
, exception_patch AS (
    SELECT x.exception_id, p.patch_key
    FROM exception x
    JOIN patch p ON p.kb_id = x.kb_id AND p.title = x.title
    WHERE x.cve = ''
    UNION ALL
    SELECT x.exception_id, c.patch_key
    FROM exception x
    JOIN patch_cve c ON c.cve = x.cve
    WHERE x.cve <> ''
),
-- What was known to be exploited when it was made was decided on.
exploited_later AS (
    SELECT x.exception_id, min(k.added_on) AS exploited_on
    FROM exception x
    JOIN (
        SELECT exception_id, cve FROM exception WHERE cve <> ''
        UNION ALL
        SELECT x.exception_id, c.cve
        FROM exception x
        JOIN patch p ON p.kb_id = x.kb_id AND p.title = x.title
        JOIN patch_cve c ON c.patch_key = p.patch_key
        WHERE x.cve = ''
    ) v ON v.exception_id = x.exception_id
    JOIN (SELECT cve, min(added_on) AS added_on FROM exploited_cve GROUP BY cve) k
        ON k.cve = v.cve AND k.added_on > x.made_at::DATE AND k.added_on <= {now}::TIMESTAMP::DATE
    GROUP BY x.exception_id
),
exception_state AS (
    SELECT
        x.*,
        r.provider,
        r.account_name,
        r.customer_id,
        r.customer_name,
        k.exploited_on,
        CASE
            WHEN x.revoked_at <= {now} THEN 'revoked'
            WHEN x.until_day < {now}::TIMESTAMP::DATE OR x.made_at < o.until_at THEN 'expired'
            WHEN k.exploited_on IS NOT NULL THEN 'reopened'
            ELSE 'active'
        END AS state
    FROM exception x
    JOIN (
        SELECT DISTINCT account_id, provider, account_name, customer_id, customer_name, owned_from FROM region_state
    ) r ON r.account_id = x.account_id AND x.made_at >= r.owned_from
    -- Those who also see the former customer, such as operators, see that it ended with them.
    LEFT JOIN (SELECT account_id, max(until_at) AS until_at FROM former_owner GROUP BY account_id) o
        ON o.account_id = x.account_id
    LEFT JOIN exploited_later k ON k.exception_id = x.exception_id
    WHERE x.made_at <= {now}
),
exception_target AS (
    SELECT x.exception_id, x.state, x.cve, f.instance_key, f.instance_id, f.name
    FROM exception_state x
    JOIN with_names f ON f.account_id = x.account_id AND f.gone_at IS NULL
    -- Nobody decided on an instance that was not there.
    WHERE {counted} AND f.first_seen_at <= x.made_at
      AND x.instance_id IN ('', f.instance_id)
      AND x.patch_group IN ('', f.patch_group)
),
exception_update AS (
    SELECT t.exception_id, t.state, t.cve, u.instance_key, u.patch_key
    FROM exception_target t
    JOIN exception_patch p ON p.exception_id = t.exception_id
    JOIN instance_update u ON u.patch_key = p.patch_key AND u.instance_key = t.instance_key
    WHERE u.pending_since IS NOT NULL
),
-- An update that fixes several CVEs is excepted once all of them are.
excepted AS (
    SELECT DISTINCT instance_key, patch_key FROM exception_update WHERE state = 'active' AND cve = ''
    UNION
    SELECT e.instance_key, e.patch_key
    FROM (
        SELECT instance_key, patch_key, count(DISTINCT cve) AS cves
        FROM exception_update
        WHERE state = 'active' AND cve <> ''
        GROUP BY instance_key, patch_key
    ) e
    JOIN (SELECT patch_key, count(*) AS cves FROM patch_cve GROUP BY patch_key) c
        ON c.patch_key = e.patch_key AND c.cves = e.cves
)
