-- `with_names`: every instance ever seen in scope with its names and owner. Those with `gone_at IS NULL` are current.
-- An instance that was gone before the account changed owners never belonged to the present one. Follows
-- region_state.sql.
,
with_names AS (
    SELECT
        -- What is counted under another id is as good as gone for every figure.
        i.* REPLACE (coalesce(i.gone_at, i.duplicate_since) AS gone_at),
        r.provider,
        r.provider_rank,
        r.account_name,
        r.customer_id,
        r.customer_name,
        r.last_read_at,
        r.state_rank,
        r.owned_from
    FROM listed_instance i
    JOIN region_state r ON r.account_id = i.account_id AND r.region = i.region
    WHERE i.gone_at IS NULL OR i.gone_at >= r.owned_from
),
-- The scans under former owners, by when the patch operation ended or was read. A statement that shows transitions
-- leaves out those of these scans. The short list of accounts that changed owners lets the planner skip all others.
former_scan AS (
    SELECT c.scan_key
    FROM with_names n
    JOIN scan c ON c.instance_key = n.instance_key
    WHERE n.account_id IN (SELECT account_id FROM former_owner)
      AND n.owned_from > '-infinity'::TIMESTAMP AND least(c.operation_end_at, c.seen_at) < n.owned_from
)
