-- Extensions: there are none.
SELECT NULL::name AS name,
  NULL::text AS default_version,
  NULL::text AS installed_version,
  NULL::text AS comment
WHERE false
