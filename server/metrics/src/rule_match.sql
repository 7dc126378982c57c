-- How well an update matches all filters of an approval rule `rule`: 2 it does, 1 it may, 0 it does not. Windows reports
-- no product with an update: it is known where the title names the operating system.
coalesce(list_min(list_transform(rule.filters, lambda one: CASE
    WHEN list_contains(one.values, '*') THEN 2
    WHEN one.name = 'CLASSIFICATION' THEN
        CASE WHEN classification = '' THEN 1 WHEN list_contains(one.values, lower(replace(classification, ' ', ''))) THEN 2 ELSE 0 END
    WHEN one.name = 'MSRC_SEVERITY' THEN
        CASE WHEN severity = '' THEN 1 WHEN list_contains(one.values, lower(severity)) THEN 2 ELSE 0 END
    WHEN one.name = 'PATCH_ID' THEN
        CASE WHEN list_contains(one.values, lower(kb_id)) OR list_contains(one.values, lower(kb_id)[3:]) THEN 2 ELSE 0 END
    WHEN one.name NOT IN ('PRODUCT', 'PRODUCT_FAMILY', 'PATCH_SET') OR system_product = '' THEN 1
    WHEN one.name = 'PRODUCT' THEN CASE
        WHEN list_contains(one.values, system_product) THEN 2
        WHEN len(list_filter(one.values, lambda product: starts_with(product, 'microsoftserver'))) > 0 THEN 1
        ELSE 0
    END
    WHEN one.name = 'PRODUCT_FAMILY' THEN CASE WHEN list_contains(one.values, 'windows') THEN 2 ELSE 0 END
    ELSE CASE WHEN list_contains(one.values, 'os') THEN 2 ELSE 0 END
END)), 2)
