-- Why the result `v` of a run did not succeed, by its status, exit code and the output `o` of its failed steps: the first rule
-- that applies. Null if it did succeed, or has not ended. A code stays the same as long as the cause does.
CASE
    WHEN v.status NOT IN {finished_run_statuses} OR v.status = 'Success' THEN NULL
    WHEN {not_delivered} THEN 'not_delivered'
    WHEN {timed_out} THEN 'timed_out'
    WHEN v.status = 'Cancelled' THEN 'cancelled'
    WHEN v.response_code = 146 OR contains(o.output, 'UnsupportedOperatingSystem') THEN 'unsupported_system'
    WHEN regexp_matches(o.output, {disk_full_output}, 'i') THEN 'disk_full'
    WHEN regexp_matches(o.output, {name_resolution_output}, 'i') THEN 'name_resolution'
    WHEN regexp_matches(o.output, {repository_output}, 'i') THEN 'repository'
    WHEN regexp_matches(o.output, {package_manager_output}, 'i') THEN 'package_manager_busy'
    WHEN regexp_matches(o.output, {dependencies_output}, 'i') THEN 'dependencies'
    WHEN regexp_matches(o.output, {signature_output}, 'i') THEN 'signature'
    WHEN regexp_matches(o.output, {hook_output}, 'i') THEN 'hook'
    WHEN regexp_matches(o.output, {hresult_output}, 'i')
        THEN 'hresult_' || lower(regexp_extract(o.output, {hresult_output}, 1, 'i'))
    WHEN regexp_matches(o.output, {updates_failed_output}, 'i') THEN 'updates_failed'
    ELSE 'exit_code_' || coalesce(v.response_code::VARCHAR, 'unknown')
END
