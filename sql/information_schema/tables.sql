-- Tables and views (PG: 37.54).
SELECT current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END::varchar AS table_type,
  NULL::name AS self_referencing_column_name,
  NULL::varchar AS reference_generation,
  NULL::name AS user_defined_type_catalog,
  NULL::name AS user_defined_type_schema,
  NULL::name AS user_defined_type_name,
  CASE c.relkind WHEN 'r' THEN 'YES' ELSE 'NO' END::varchar AS is_insertable_into,
  'NO'::varchar AS is_typed,
  NULL::varchar AS commit_action
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v')
