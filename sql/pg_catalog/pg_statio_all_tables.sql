-- All tables; nothing is counted of them (PG: 28.2 pg_statio_all_tables).
SELECT c.oid AS relid,
  n.nspname AS schemaname,
  c.relname,
  0::int8 AS heap_blks_read,
  0::int8 AS heap_blks_hit,
  CASE WHEN c.relhasindex THEN 0::int8 END AS idx_blks_read,
  CASE WHEN c.relhasindex THEN 0::int8 END AS idx_blks_hit,
  NULL::int8 AS toast_blks_read,
  NULL::int8 AS toast_blks_hit,
  NULL::int8 AS tidx_blks_read,
  NULL::int8 AS tidx_blks_hit
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
