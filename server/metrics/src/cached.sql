-- `region_state`, `with_names` and `with_status`: every account and Region, and every instance ever seen, in scope with
-- all figures, from the cache, which is used only if no account in scope had another owner. $2 stands for the state of harvests, which the cache
-- has decided.
WITH region_state AS (
    SELECT * FROM {cached_region}
    WHERE ($1 IS NULL OR contains($1::VARCHAR, chr(31) || customer_id || chr(31))) AND $2::TIMESTAMP IS NOT NULL
),
with_names AS ({cached_instances}),
with_status AS ({cached_instances}),
former_scan AS (SELECT NULL::BIGINT AS scan_key WHERE false)
