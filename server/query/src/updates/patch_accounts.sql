-- The accounts with a patch: those with the most instances that lack it first.
SELECT * FROM (
    SELECT
        account_id,
        any_value(account_name) AS account_name,
        any_value(provider) AS provider,
        any_value(customer_name) AS customer_name,
        count(*) FILTER (state = 'Missing') AS missing,
        count(*) FILTER (state = 'Failed') AS failed,
        count(*) FILTER (state = 'InstalledPendingReboot') AS pending_reboot,
        count(*) FILTER (state IN ('Installed', 'InstalledOther')) AS installed
    FROM updates f
    WHERE gone_at IS NULL {filters}
    GROUP BY account_id
) a
ORDER BY a.missing + a.failed DESC, lower(a.account_name), a.account_id
