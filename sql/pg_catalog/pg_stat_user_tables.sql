-- Users' tables; nothing is counted of them (PG: 28.2 pg_stat_user_tables).
SELECT *
FROM pg_catalog.pg_stat_all_tables
WHERE NOT (schemaname IN ('pg_catalog', 'information_schema') OR starts_with(schemaname, 'pg_toast'))
