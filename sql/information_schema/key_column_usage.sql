-- Columns of primary, unique and foreign keys (PG: 37.34).
SELECT current_database() AS constraint_catalog,
  n.nspname AS constraint_schema,
  k.conname AS constraint_name,
  current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  a.attname AS column_name,
  array_position(k.conkey, a.attnum) AS ordinal_position,
  CASE WHEN k.contype = 'f' THEN array_position(k.conkey, a.attnum) END AS position_in_unique_constraint
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.contype IN ('p', 'u', 'f')
