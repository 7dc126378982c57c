(
    -- AWS's own list of the nodes of each account in scope: the newest, if several Regions were asked in the course of time.
    SELECT n.account_id, n.region, n.read_at, n.denied, n.lists_unmanaged, n.is_cut
    FROM node_listing n
    JOIN region_state s ON s.account_id = n.account_id AND s.region = n.region
    QUALIFY row_number() OVER (PARTITION BY n.account_id ORDER BY n.read_at DESC, n.region) = 1
)
