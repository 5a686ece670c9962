-- Columns of tables and views (PG: 37.17).
SELECT current_database() AS table_catalog,
  n.nspname AS table_schema,
  c.relname AS table_name,
  a.attname AS column_name,
  a.attnum::int4 AS ordinal_position,
  pg_get_expr(d.adbin, d.adrelid)::varchar AS column_default,
  CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END::varchar AS is_nullable,
  CASE WHEN t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A' THEN 'ARRAY'
    ELSE format_type(a.atttypid, NULL) END::varchar AS data_type,
  CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod >= 4 THEN a.atttypmod - 4
    END AS character_maximum_length,
  CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod >= 4 THEN (a.atttypmod - 4) * 4
    WHEN a.atttypid IN (25, 1042, 1043) THEN 1073741824 END AS character_octet_length,
  CASE a.atttypid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53
    WHEN 1700 THEN CASE WHEN a.atttypmod >= 4 THEN (a.atttypmod - 4) / 65536 END
    END AS numeric_precision,
  CASE WHEN a.atttypid IN (20, 21, 23, 700, 701) THEN 2
    WHEN a.atttypid = 1700 THEN 10 END AS numeric_precision_radix,
  CASE WHEN a.atttypid IN (20, 21, 23) THEN 0
    WHEN a.atttypid = 1700 AND a.atttypmod >= 4 THEN (a.atttypmod - 4) % 65536
    END AS numeric_scale,
  CASE WHEN a.atttypid = 1082 THEN 0
    WHEN a.atttypid IN (1083, 1114, 1184, 1266) THEN CASE WHEN a.atttypmod >= 0 THEN a.atttypmod ELSE 6 END
    WHEN a.atttypid = 1186 THEN 6 END AS datetime_precision,
  NULL::varchar AS interval_type,
  NULL::int4 AS interval_precision,
  NULL::name AS character_set_catalog,
  NULL::name AS character_set_schema,
  NULL::name AS character_set_name,
  CASE WHEN a.attcollation IN (950, 951) THEN current_database() END AS collation_catalog,
  CASE WHEN a.attcollation IN (950, 951) THEN 'pg_catalog'::name END AS collation_schema,
  CASE a.attcollation WHEN 950 THEN 'C'::name WHEN 951 THEN 'POSIX'::name END AS collation_name,
  NULL::name AS domain_catalog,
  NULL::name AS domain_schema,
  NULL::name AS domain_name,
  current_database() AS udt_catalog,
  'pg_catalog'::name AS udt_schema,
  t.typname AS udt_name,
  NULL::name AS scope_catalog,
  NULL::name AS scope_schema,
  NULL::name AS scope_name,
  NULL::int4 AS maximum_cardinality,
  a.attnum::text::name AS dtd_identifier,
  'NO'::varchar AS is_self_referencing,
  CASE WHEN a.attidentity IN ('a', 'd') THEN 'YES' ELSE 'NO' END::varchar AS is_identity,
  CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END::varchar AS identity_generation,
  q.seqstart::varchar AS identity_start,
  q.seqincrement::varchar AS identity_increment,
  q.seqmax::varchar AS identity_maximum,
  q.seqmin::varchar AS identity_minimum,
  CASE WHEN q.seqcycle THEN 'YES' ELSE 'NO' END::varchar AS identity_cycle,
  'NEVER'::varchar AS is_generated,
  NULL::varchar AS generation_expression,
  CASE c.relkind WHEN 'r' THEN 'YES' ELSE 'NO' END::varchar AS is_updatable
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_depend o ON o.refobjid = a.attrelid AND o.refobjsubid = a.attnum
  AND o.deptype = 'i' AND a.attidentity <> ''
LEFT JOIN pg_catalog.pg_sequence q ON q.seqrelid = o.objid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v')
