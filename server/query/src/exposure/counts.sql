-- The instances with each answer to each question, by reason. Without evidence, all instances of an operating system have the
-- same answer, so they are counted by system; what the evidence decides is taken from it.
SELECT number, answer, reason, sum(instances)::BIGINT AS instances
FROM (
    SELECT number, answer, reason, count(*) AS instances FROM exposure GROUP BY ALL
    UNION ALL
    SELECT number, default_answer, default_reason, -count(*) FROM exposure GROUP BY ALL
    UNION ALL
    SELECT number, answer, reason, sum(instances) FROM by_system GROUP BY ALL
)
GROUP BY number, answer, reason
HAVING sum(instances) > 0
ORDER BY number, answer, reason
