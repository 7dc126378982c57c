-- Which instances of some accounts have another attested identity than the stored one. The tags of an activation are
-- evidence within their own account only, and only all of them together.
WITH tagged AS (
    SELECT
        i.instance_key,
        i.account_id,
        max(t.value) FILTER (t.key = 'muster:provider') AS provider,
        max(t.value) FILTER (t.key = 'muster:account') AS account,
        max(t.value) FILTER (t.key = 'muster:instance') AS instance
    FROM (SELECT * FROM tag WHERE key IN ('muster:provider', 'muster:account', 'muster:instance')) t
    JOIN instance i ON i.instance_key = t.instance_key
    WHERE starts_with(i.instance_id, 'mi-') AND i.{of_accounts}
    GROUP BY i.instance_key, i.account_id
),
attested AS (
    SELECT t.instance_key, t.provider || ' ' || t.instance AS attested_id
    FROM tagged t
    JOIN account a ON a.account_id = t.account_id
    WHERE t.account = t.account_id
      AND t.provider <> '' AND t.instance <> ''
      -- A detected provider is a guess.
      AND (NOT a.provider_given OR t.provider = a.provider)
),
stored AS (
    SELECT s.* FROM attested_instance s JOIN instance i ON i.instance_key = s.instance_key WHERE i.{of_accounts}
)
SELECT coalesce(n.instance_key, s.instance_key), n.attested_id
FROM attested n
FULL JOIN stored s ON s.instance_key = n.instance_key
WHERE n.attested_id IS DISTINCT FROM s.attested_id
