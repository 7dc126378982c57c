-- AWS's own counts and unmanaged instances of the first account.
INSERT INTO node_listing SELECT account_id, region, last_read_at, '', true, false, DATE '2026-01-01'
FROM account_region WHERE last_read_at IS NOT NULL ORDER BY ALL LIMIT 1;
INSERT INTO node_count SELECT account_id, region, region, 'EC2Instance', 1, 1, 0, NULL, from_day FROM node_listing;
INSERT INTO unmanaged_instance
SELECT account_id, region, region, 'i-0a1b2c3d4e5f60718', '', '', '10.0.0.9', '', '', read_at, from_day FROM node_listing;
