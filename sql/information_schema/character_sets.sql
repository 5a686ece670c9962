-- The one character set (PG: 37.7).
SELECT NULL::name AS character_set_catalog,
  NULL::name AS character_set_schema,
  'UTF8'::name AS character_set_name,
  'UCS'::name AS character_repertoire,
  'UTF8'::name AS form_of_use,
  current_database() AS default_collate_catalog,
  'pg_catalog'::name AS default_collate_schema,
  'C'::name AS default_collate_name
