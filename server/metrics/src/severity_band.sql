-- The severity band of an update `u` of an instance `f`, by the code of `SeverityBand`.
CASE
    -- The priorities of apt say how much a system needs a package, not how severe a flaw of it is.
    WHEN f.uses_apt THEN 'unrated'
    WHEN lower(u.severity) = 'critical' THEN 'critical'
    WHEN lower(u.severity) IN ('important', 'high') THEN 'important'
    WHEN lower(u.severity) IN ('moderate', 'medium') THEN 'moderate'
    WHEN lower(u.severity) = 'low' THEN 'low'
    ELSE 'unrated'
END
