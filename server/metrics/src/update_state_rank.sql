-- The order of update states: what needs work first has the greatest rank.
CASE state
    WHEN 'Failed' THEN 5
    WHEN 'Missing' THEN 4
    WHEN 'InstalledPendingReboot' THEN 3
    WHEN 'AvailableSecurityUpdate' THEN 2
    WHEN 'InstalledRejected' THEN 1
    WHEN 'NotApplicable' THEN -1
    ELSE 0
END
