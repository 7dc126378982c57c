-- How the results of runs ended, by run.
SELECT
    f.account_id,
    f.region,
    f.command_id,
    count(*) AS planned,
    count(*) FILTER (f.outcome = 'succeeded') AS succeeded,
    count(*) FILTER (f.outcome = 'failed') AS failed,
    count(*) FILTER (f.outcome = 'not_reached') AS not_reached,
    count(*) FILTER (f.outcome = 'unfinished') AS unfinished,
    count(*) FILTER (f.awaits_reboot) AS awaiting_reboot
FROM (
{results}
) f
GROUP BY f.account_id, f.region, f.command_id
