-- When the unmanaged instances of an account were listed, if they were.
SELECT l.read_at, l.is_cut
FROM {node_listings} l
WHERE l.lists_unmanaged {filters}
