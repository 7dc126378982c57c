-- Version 26 derives its table from others.
SELECT 1;
