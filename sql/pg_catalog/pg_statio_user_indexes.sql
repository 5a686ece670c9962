-- Users' indexes; nothing is counted of them (PG: 28.2 pg_statio_user_indexes).
SELECT t.oid AS relid,
  c.oid AS indexrelid,
  n.nspname AS schemaname,
  t.relname,
  c.relname AS indexrelname,
  0::int8 AS idx_blks_read,
  0::int8 AS idx_blks_hit
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE NOT (n.nspname IN ('pg_catalog', 'information_schema') OR starts_with(n.nspname, 'pg_toast'))
