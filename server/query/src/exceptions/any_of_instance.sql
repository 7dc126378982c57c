-- Whether an exception of an instance's account may hold.
SELECT count(*) > 0
FROM exception
WHERE account_id = {account_id} AND until_day >= {now}::TIMESTAMP::DATE AND made_at <= {now}
