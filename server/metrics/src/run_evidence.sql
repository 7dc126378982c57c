-- The line of the output `o` that tells the cause, by the rules of run_cause.sql; empty where no line does, so that other output
-- is never shown.
left(trim(coalesce(
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {disk_full_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {name_resolution_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {repository_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {package_manager_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {dependencies_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {signature_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {hook_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {hresult_output} || ')[^\r\n]*', 0, 'i'), ''),
    nullif(regexp_extract(o.output, '[^\r\n]*(?:' || {updates_failed_output} || ')[^\r\n]*', 0, 'i'), ''),
    ''
)), 300)
