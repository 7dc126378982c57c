-- The runs that match the filter.
SELECT f.requested_at, f.operation, f.document_name, f.account_name, f.account_id, f.provider, f.customer_id, f.customer_name,
    f.region, f.status, f.status_details, f.planned, f.succeeded, f.failed, f.not_reached, f.unfinished, f.awaiting_reboot,
    f.not_read, f.command_id
FROM (
    SELECT r.*, s.provider, s.account_name, s.customer_id, s.customer_name,
        coalesce(v.planned, 0) AS planned, coalesce(v.succeeded, 0) AS succeeded, coalesce(v.failed, 0) AS failed,
        coalesce(v.not_reached, 0) AS not_reached, coalesce(v.unfinished, 0) AS unfinished,
        coalesce(v.awaiting_reboot, 0) AS awaiting_reboot,
        greatest(r.target_count - coalesce(v.planned, 0), 0) AS not_read
    FROM (SELECT * FROM run WHERE requested_at >= {from} AND requested_at < {until}) r
    JOIN region_state s ON s.account_id = r.account_id AND s.region = r.region
    LEFT JOIN (
{by_run}
    ) v ON v.account_id = r.account_id AND v.region = r.region AND v.command_id = r.command_id
    WHERE r.requested_at >= s.owned_from
) f
WHERE true {filters}
{order}
