-- Version 17 changes names only.
SELECT 1;
