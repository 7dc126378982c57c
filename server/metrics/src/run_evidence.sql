-- The words of the output `o` that tell the cause, by the rules of run_cause.sql; empty where none do. Everybody may see them, so
-- they are these words alone: what stands beside them can be a secret.
left(coalesce(
    nullif(regexp_extract(o.output, {disk_full_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {name_resolution_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {repository_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {package_manager_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {dependencies_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {signature_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {hook_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {hresult_output}, 0, 'i'), ''),
    nullif(regexp_extract(o.output, {updates_failed_output}, 0, 'i'), ''),
    ''
), 200)
