-- The results of runs that match the filter.
SELECT f.requested_at, f.finished_at, f.operation, f.status, f.status_details, f.response_code, f.command_id, f.document_name,
    f.instance_id, f.instance_name, f.provider, f.account_id, f.account_name, f.region, f.cause, f.evidence, f.contradiction,
    f.last_scan_at, f.missing, f.failed, f.pending_reboot
FROM (
{compared}
) f
WHERE true {filters}
{order}
