-- How were the organization's accounts last listed, and how many are harvested? Only who may see everything may know.
SELECT
    l.tried_at,
    l.last_good_at,
    (SELECT count(*) FROM organization_member m WHERE m.active),
    (SELECT count(*) FROM organization_member m
     WHERE m.active AND m.systems_account IN (SELECT systems_account FROM region_state)),
    l.unassigned,
    l.error_operation,
    l.error_class,
    l.error_code,
    l.error_message
FROM organization_listing l
WHERE $1 IS NULL
