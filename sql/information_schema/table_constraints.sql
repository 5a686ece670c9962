-- Constraints of tables, NOT NULL among them (PG: 37.52).
SELECT current_database() AS constraint_catalog,
  n.nspname AS constraint_schema,
  k.conname AS constraint_name,
  current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  CASE k.contype WHEN 'c' THEN 'CHECK' WHEN 'f' THEN 'FOREIGN KEY' WHEN 'p' THEN 'PRIMARY KEY'
    ELSE 'UNIQUE' END::varchar AS constraint_type,
  CASE WHEN k.condeferrable THEN 'YES' ELSE 'NO' END::varchar AS is_deferrable,
  CASE WHEN k.condeferred THEN 'YES' ELSE 'NO' END::varchar AS initially_deferred,
  'YES'::varchar AS enforced,
  CASE WHEN k.contype = 'u' THEN 'YES' END::varchar AS nulls_distinct
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT current_database(),
  n.nspname,
  (n.oid::text || '_' || c.oid::text || '_' || a.attnum::text || '_not_null')::name,
  current_database(),
  n.nspname,
  c.relname,
  'CHECK'::varchar,
  'NO'::varchar,
  'NO'::varchar,
  'YES'::varchar,
  NULL::varchar
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnotnull AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind = 'r'
