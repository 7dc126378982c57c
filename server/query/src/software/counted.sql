-- `counted`: how often each version of a package, and each hotfix, is installed on current instances, by account, Region and
-- operating system. Follows the definition of `region_state`.
, counted AS (
    SELECT s.*, r.provider, r.customer_id
    FROM listed_software s
    JOIN region_state r ON r.account_id = s.account_id AND r.region = s.region
)
