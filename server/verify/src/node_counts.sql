-- AWS's counts of nodes and ours, as they were compared.
SELECT account_id, region AS asked_region, node_region AS region, resource_type, nodes, instances, unlisted_instances, differs_since
FROM node_count
