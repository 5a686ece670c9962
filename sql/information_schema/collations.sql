-- Collations (PG: 37.11).
SELECT current_database() AS collation_catalog,
  n.nspname AS collation_schema,
  c.collname AS collation_name,
  'NO PAD'::varchar AS pad_attribute
FROM pg_catalog.pg_collation c
JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
