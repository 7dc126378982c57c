-- A store that was compacted.
UPDATE compaction SET scan_key = 3, until_day = '2025-10-01';
