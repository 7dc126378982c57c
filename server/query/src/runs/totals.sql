-- How the results of the runs that match the filter ended, all together.
SELECT
    coalesce(sum(f.planned), 0)::BIGINT AS planned,
    coalesce(sum(f.succeeded), 0)::BIGINT AS succeeded,
    coalesce(sum(f.failed), 0)::BIGINT AS failed,
    coalesce(sum(f.not_reached), 0)::BIGINT AS not_reached,
    coalesce(sum(f.unfinished), 0)::BIGINT AS unfinished,
    coalesce(sum(f.awaiting_reboot), 0)::BIGINT AS awaiting_reboot,
    coalesce(sum(f.not_read), 0)::BIGINT AS not_read
FROM (
{runs}
) f
