-- Version 31 derives its table from others.
SELECT 1;
