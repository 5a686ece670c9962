-- Checks, NOT NULL among them (PG: 37.9).
SELECT current_database() AS constraint_catalog,
  n.nspname AS constraint_schema,
  k.conname AS constraint_name,
  substr(pg_get_constraintdef(k.oid), 7)::varchar AS check_clause
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
WHERE k.contype = 'c'
UNION ALL
SELECT current_database(),
  n.nspname,
  (n.oid::text || '_' || c.oid::text || '_' || a.attnum::text || '_not_null')::name,
  (a.attname::text || ' IS NOT NULL')::varchar
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r'
