-- Indexes with their definitions (PG: 54.11 pg_indexes).
SELECT n.nspname AS schemaname,
  t.relname AS tablename,
  c.relname AS indexname,
  NULL::name AS tablespace,
  pg_get_indexdef(c.oid) AS indexdef
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
