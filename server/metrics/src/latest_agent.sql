-- The rows of `latest_agent`: the newest SSM Agent that a Linux instance of each Region reports as the latest. AWS releases it
-- Region by Region, and its flag means nothing on other systems. Greengrass updates the agents of its devices on its own.
SELECT region, max(agent_rank) AS agent_rank, last(agent_version ORDER BY agent_rank, agent_version) AS agent_version
FROM (
    SELECT DISTINCT region, agent_rank, agent_version
    FROM instance
    WHERE gone_at IS NULL AND agent_is_latest AND platform_type = 'Linux' AND source_type <> 'AWS::IoT::Thing'
)
-- Every customer is shown this text, whichever instance reports it, so it must be a version and nothing else.
WHERE regexp_full_match(agent_version, {ssm_agent_version})
GROUP BY region
