%%sql
SELECT status, count(*) AS orders, round(avg(hours), 1) AS avg_hours
FROM VALUES ('shipped', 20.5), ('shipped', 31.0), ('returned', 96.0), ('open', 2.5) AS orders(status, hours)
GROUP BY status
ORDER BY orders DESC, status
