-- The current hybrid instances of an account, of which AWS counts each registration, by Region, with the tier, where it is known.
SELECT
    f.region,
    count(*) AS instances,
    count(*) FILTER (f.platform_type = 'Windows') AS windows_instances,
    coalesce(any_value(t.value), '') AS tier
FROM instances f
LEFT JOIN service_setting t
    ON t.account_id = f.account_id AND t.region = f.region AND t.setting_id = '/ssm/managed-instance/activation-tier'
WHERE (f.gone_at IS NULL OR f.duplicate_of <> '') AND f.instance_id LIKE 'mi-%' {filters}
GROUP BY f.region
ORDER BY f.region
