-- Privileges on tables: the owner has all (PG: 37.38).
SELECT 'postgres'::name AS grantor,
  'postgres'::name AS grantee,
  current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  p.privilege::varchar AS privilege_type,
  'YES'::varchar AS is_grantable,
  CASE p.privilege WHEN 'SELECT' THEN 'YES' ELSE 'NO' END::varchar AS with_hierarchy
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN (VALUES ('INSERT'), ('SELECT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'),
  ('TRIGGER')) AS p (privilege)
WHERE c.relkind IN ('r', 'v')
