-- The state and cost of the last harvest of each account and Region.
, harvests AS (
    SELECT
        s.provider, s.provider_rank, s.account_id, s.account_name, s.customer_name, s.systems_account, s.region,
        s.state_rank, s.last_good_at, s.last_tried_at, s.last_read_at,
        -- A clock that was set back must not make a duration negative.
        greatest(coalesce(epoch_ms(h.finished_at) - epoch_ms(h.started_at), 0), 0) AS duration_ms,
        coalesce(h.api_calls, 0) AS api_calls, coalesce(h.rows, 0) AS rows, coalesce(h.transitions, 0) AS transitions,
        s.last_harvest_id
    FROM region_state s
    LEFT JOIN harvest h ON h.harvest_id = s.last_harvest_id
), incomplete AS (
    SELECT account_id, region, count(*) AS instances FROM with_names
    WHERE gone_at IS NULL AND details_missing > 0 GROUP BY ALL
)
SELECT provider, account_id, account_name, customer_name, systems_account, region, state_rank AS state, last_good_at,
    last_tried_at, last_read_at, duration_ms, api_calls, rows, transitions, last_harvest_id,
    coalesce(i.instances, 0) AS instances_details_missing
FROM harvests LEFT JOIN incomplete i USING (account_id, region)
WHERE true {filters}
ORDER BY state_rank DESC, provider_rank, lower(account_name), account_id, region
