-- Adds the newest SSM Agent of each Region, which every status is computed with.

CREATE TABLE latest_agent AS
SELECT region, max(agent_rank) AS agent_rank, last(agent_version ORDER BY agent_rank, agent_version) AS agent_version
FROM (
    SELECT DISTINCT region, agent_rank, agent_version
    FROM instance
    WHERE gone_at IS NULL AND agent_is_latest AND platform_type = 'Linux' AND source_type <> 'AWS::IoT::Thing'
)
WHERE regexp_full_match(agent_version, '[0-9]{1,5}(\.[0-9]{1,5}){3}')
GROUP BY region;
