-- Users' indexes; nothing is counted of them (PG: 28.2 pg_stat_user_indexes).
SELECT *
FROM pg_catalog.pg_stat_all_indexes
WHERE NOT (schemaname IN ('pg_catalog', 'information_schema') OR starts_with(schemaname, 'pg_toast'))
