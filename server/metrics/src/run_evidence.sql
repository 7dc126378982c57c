-- The line of the output `o` that tells the cause; empty where no line does, so that other output is never shown.
coalesce(left(trim(regexp_extract(o.output, '[^\r\n]*(?:' || concat_ws('|',
    {disk_full_output}, {name_resolution_output}, {repository_output}, {package_manager_output}, {dependencies_output},
    {signature_output}, {hook_output}, {hresult_output}, {updates_failed_output}
) || ')[^\r\n]*', 0, 'i')), 300), '')
