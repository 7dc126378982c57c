-- Which current instances of some accounts are the same machine as another one, where that differs from what is stored:
-- enrollment attested the same identity of both, or the service that registered them knows both by the same id. Names,
-- addresses and other tags say nothing, as a machine can make them up. An attested registration with a later one never
-- counts, scanned or not, because the agent has only the last. Otherwise the last one with patch data does.
WITH resource AS (
    SELECT
        i.instance_key,
        i.account_id,
        i.instance_id,
        i.region,
        i.registered_at,
        a.attested_id IS NOT NULL AND row_number() OVER (
            PARTITION BY i.account_id, a.attested_id
            ORDER BY i.registered_at DESC NULLS LAST, i.instance_id, i.region
        ) > 1 AS has_later,
        CASE
            -- An instance of EC2 is the resource itself, and its id is the same with and without its ARN.
            WHEN regexp_full_match(lower(i.source_id), '(arn:[^ ]*/)?i-[0-9a-f]+')
                THEN regexp_extract(lower(i.source_id), 'i-[0-9a-f]+$')
            WHEN i.source_id = '' AND starts_with(i.instance_id, 'i-') THEN i.instance_id
            WHEN a.attested_id IS NOT NULL THEN 'attested ' || a.attested_id
            WHEN i.source_id <> '' THEN lower(i.source_type) || ' ' || lower(i.source_id)
        END AS resource
    FROM instance i
    JOIN account_region r ON r.account_id = i.account_id AND r.region = i.region
    LEFT JOIN attested_instance a ON a.instance_key = i.instance_key
    WHERE i.gone_at IS NULL AND r.removed_at IS NULL AND i.{of_accounts}
),
ranked AS (
    SELECT i.instance_key, first_value(i.instance_id) OVER machines AS counted_id, row_number() OVER machines AS number
    FROM resource i
    LEFT JOIN patch_operation o ON o.instance_key = i.instance_key
    WHERE i.resource IS NOT NULL
    WINDOW machines AS (
        PARTITION BY i.account_id, i.resource
        ORDER BY
            i.has_later,
            o.operation_end_at IS NULL,
            i.registered_at DESC NULLS LAST,
            i.instance_id,
            i.region
    )
),
stored AS (
    SELECT t.* FROM instance_twin t JOIN instance i ON i.instance_key = t.instance_key WHERE i.{of_accounts}
)
SELECT coalesce(n.instance_key, t.instance_key), n.counted_id, t.since
FROM (SELECT * FROM ranked WHERE number > 1) n
FULL JOIN stored t ON t.instance_key = n.instance_key
WHERE n.counted_id IS DISTINCT FROM t.counted_id
