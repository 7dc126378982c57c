-- Whether an exception of any account in scope may hold.
SELECT count(*) > 0
FROM exception x
JOIN region_state r ON r.account_id = x.account_id
WHERE x.until_day >= {now}::TIMESTAMP::DATE AND x.made_at <= {now}
