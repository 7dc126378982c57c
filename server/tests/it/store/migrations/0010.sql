-- A store with a retention that has dropped nothing yet.
UPDATE retention SET kept_since = '2025-10-01', scan_key = 1;
