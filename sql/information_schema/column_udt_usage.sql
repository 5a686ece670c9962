-- Types of columns (PG: 37.16).
SELECT current_database() AS udt_catalog,
  'pg_catalog'::name AS udt_schema,
  t.typname AS udt_name,
  current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  a.attname AS column_name
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v')
