-- The order of severity bands: the most severe has the greatest rank.
CASE severity_band WHEN 'critical' THEN 4 WHEN 'important' THEN 3 WHEN 'moderate' THEN 2 WHEN 'low' THEN 1 ELSE 0 END
