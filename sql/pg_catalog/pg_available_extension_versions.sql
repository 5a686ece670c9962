-- Extensions: there are none.
SELECT NULL::name AS name,
  NULL::text AS version,
  NULL::bool AS installed,
  NULL::bool AS superuser,
  NULL::bool AS trusted,
  NULL::bool AS relocatable,
  NULL::name AS schema,
  NULL::_name AS requires,
  NULL::text AS comment
WHERE false
