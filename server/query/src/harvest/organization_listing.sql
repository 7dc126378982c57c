-- The last listing of the organization's accounts, with the number of those that are harvested. Only for a scope of all
-- customers.
SELECT
    l.tried_at,
    l.last_good_at,
    (SELECT count(*) FROM organization_member m WHERE m.active) AS active_members,
    (SELECT count(*) FROM organization_member m
     WHERE m.active AND m.systems_account IN (SELECT systems_account FROM region_state)) AS harvested_members,
    l.unassigned AS unassigned_members,
    l.error_operation,
    l.error_class,
    l.error_code,
    l.error_message
FROM organization_listing l
WHERE $1 IS NULL
