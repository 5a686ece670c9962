-- Views of users: there are none.
SELECT NULL::name AS view_catalog,
  NULL::name AS view_schema,
  NULL::name AS view_name,
  NULL::name AS table_catalog,
  NULL::name AS table_schema,
  NULL::name AS table_name
WHERE false
