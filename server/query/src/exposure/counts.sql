-- The instances with each answer to each question, by reason.
SELECT f.number, f.answer, f.reason, count(*) AS instances
FROM exposure f
GROUP BY f.number, f.answer, f.reason
ORDER BY f.number, f.answer, f.reason
