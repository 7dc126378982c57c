-- The results of runs that match the filter.
SELECT f.requested_at, f.finished_at, f.operation, f.status, f.status_details, f.response_code, f.command_id, f.document_name,
    f.instance_id, f.instance_name, f.provider, f.account_id, f.account_name, f.region, f.cause, f.evidence, f.contradicts_state
FROM (
{results}
) f
WHERE true {filters}
{order}
