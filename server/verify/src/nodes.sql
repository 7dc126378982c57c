-- The accounts whose unmanaged instances AWS lists, with their number in each Region that was asked.
SELECT n.account_id, n.region, n.read_at, (
        SELECT count(*) FROM unmanaged_instance u WHERE u.account_id = n.account_id AND u.region = n.region
    ) AS instances, n.lists_unmanaged
FROM node_listing n
