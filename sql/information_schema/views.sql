-- Views (PG: 37.66).
SELECT current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  pg_get_viewdef(c.oid)::varchar AS view_definition,
  'NONE'::varchar AS check_option,
  'NO'::varchar AS is_updatable,
  'NO'::varchar AS is_insertable_into,
  'NO'::varchar AS is_trigger_updatable,
  'NO'::varchar AS is_trigger_deletable,
  'NO'::varchar AS is_trigger_insertable_into
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'
