-- Views with their queries (PG: 54.36 pg_views).
SELECT n.nspname AS schemaname,
  c.relname AS viewname,
  pg_get_userbyid(c.relowner) AS viewowner,
  pg_get_viewdef(c.oid) AS definition
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'
