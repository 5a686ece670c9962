-- Publications: there are none.
SELECT NULL::name AS pubname,
  NULL::name AS schemaname,
  NULL::name AS tablename,
  NULL::_name AS attnames,
  NULL::text AS rowfilter
WHERE false
