-- Every instance ever seen in scope with its names, as `named`. `gone_at IS NULL` are the current ones; what was gone
-- before its account became whose it is now never was theirs. Follows region_state.sql.
,
named AS (
    SELECT
        i.*,
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
-- The scans of other owners' days: of patch operations that ended then, or that were read then. Whoever shows transitions
-- leaves out those of these scans. Of accounts that never changed hands nothing is read, which the planner sees from the
-- short list of those that did.
former_scan AS (
    SELECT c.scan_key
    FROM named n
    JOIN scan c ON c.instance_key = n.instance_key
    WHERE n.account_id IN (SELECT account_id FROM former_owner)
      AND n.owned_from > '-infinity'::TIMESTAMP AND least(c.operation_end_at, c.seen_at) < n.owned_from
)
