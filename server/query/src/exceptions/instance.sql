-- The current instances with an id, which is one account's unless two accounts have the same machine.
SELECT f.account_id, f.name
FROM instances f
WHERE true {filters}
ORDER BY f.account_id
