-- The answer to a question for an instance, by its evidence, and what it is without any. The name and the source in braces are
-- filled in: the source has questions `q`, instances `f` and evidence `e`. Follows evidence.sql.
, {name} AS (
    SELECT q.number, q.question, f.*, s.source AS absent_source,
        CASE
            WHEN s.absent_means = 'other' THEN 'not_affected'
            WHEN s.absent_means = 'packages' AND f.is_inventoried THEN 'not_affected'
            ELSE 'unknown'
        END AS default_answer,
        CASE
            WHEN s.absent_means = 'other' THEN 'other_system'
            WHEN s.absent_means = 'packages' AND f.is_inventoried THEN 'not_installed'
            WHEN NOT f.is_scanned AND NOT f.is_inventoried THEN 'never_scanned'
            WHEN q.kind = 'build' THEN 'no_build'
            WHEN s.absent_means = 'packages' THEN 'no_inventory'
            WHEN s.absent_means = 'update' THEN 'not_listed'
            ELSE 'no_source'
        END AS default_reason,
        CASE
            WHEN e.code IN (0, 1) THEN 'affected'
            WHEN e.code IN (2, 4, 5) THEN 'fixed'
            WHEN e.code = 3 THEN 'unknown'
            WHEN e.code = 6 THEN 'not_affected'
            ELSE default_answer
        END AS answer,
        CASE
            WHEN e.code IN (0, 2, 6) THEN 'update'
            WHEN e.code IN (1, 4) THEN 'inventory'
            WHEN e.code = 3 THEN 'version_unclear'
            WHEN e.code = 5 THEN 'hotfix'
            ELSE default_reason
        END AS reason
    FROM {source}
    LEFT JOIN question_system s ON s.number = q.number AND s.platform_name = f.platform_name AND s.platform_version = f.platform_version
)
