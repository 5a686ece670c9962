-- Foreign keys (PG: 37.35).
SELECT current_database() AS constraint_catalog,
  n.nspname AS constraint_schema,
  k.conname AS constraint_name,
  CASE WHEN u.oid IS NOT NULL THEN current_database() END AS unique_constraint_catalog,
  m.nspname AS unique_constraint_schema,
  u.conname AS unique_constraint_name,
  CASE k.confmatchtype WHEN 'f' THEN 'FULL' ELSE 'NONE' END::varchar AS match_option,
  CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT'
    WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END::varchar AS update_rule,
  CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT'
    WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END::varchar AS delete_rule
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
LEFT JOIN pg_catalog.pg_constraint u ON u.conindid = k.conindid AND u.contype IN ('p', 'u')
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = u.connamespace
WHERE k.contype = 'f'
