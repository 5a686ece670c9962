-- Tables that keys are about: for a foreign key the one it points at (PG: 37.19).
SELECT current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  current_database() AS constraint_catalog,
  s.nspname AS constraint_schema,
  k.conname AS constraint_name
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace s ON s.oid = k.connamespace
JOIN pg_catalog.pg_class c ON c.oid = CASE k.contype WHEN 'f' THEN k.confrelid ELSE k.conrelid END
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('p', 'u', 'f')
