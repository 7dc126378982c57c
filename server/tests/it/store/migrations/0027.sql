-- Version 27 changes types only.
SELECT 1;
