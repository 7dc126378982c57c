-- The current instances with each state of a patch, what needs work first.
SELECT state, count(*) AS updates
FROM updates f
WHERE gone_at IS NULL {filters}
GROUP BY state
ORDER BY {update_state_rank} DESC, state
