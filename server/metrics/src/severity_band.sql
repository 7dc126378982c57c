CASE
    -- apt's priorities say how much a system needs a package, not how bad its flaw is.
    WHEN f.platform_name LIKE 'Ubuntu%' OR f.platform_name LIKE 'Debian%' THEN 'unrated'
    WHEN lower(u.severity) = 'critical' THEN 'critical'
    WHEN lower(u.severity) IN ('important', 'high') THEN 'important'
    WHEN lower(u.severity) IN ('moderate', 'medium') THEN 'moderate'
    WHEN lower(u.severity) = 'low' THEN 'low'
    ELSE 'unrated'
END