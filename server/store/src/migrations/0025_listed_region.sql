-- Adds a table of every account and Region with all that questions ask of them.

CREATE TABLE listed_region AS
SELECT
    a.account_id,
    a.provider,
    a.provider_rank,
    a.account_name,
    a.customer_id,
    a.customer_name,
    a.systems_account,
    r.region,
    r.last_good_at,
    r.last_read_at,
    r.last_tried_at,
    r.last_harvest_id,
    h.outcome AS last_outcome
FROM account a
JOIN account_region r ON r.account_id = a.account_id
LEFT JOIN harvest h ON h.harvest_id = r.last_harvest_id
WHERE a.removed_at IS NULL AND r.removed_at IS NULL;
