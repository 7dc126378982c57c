-- Version 25 derives its table from others.
SELECT 1;
