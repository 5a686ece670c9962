-- Foreign servers: there are none.
SELECT NULL::oid AS umid,
  NULL::oid AS srvid,
  NULL::name AS srvname,
  NULL::oid AS umuser,
  NULL::name AS usename,
  NULL::_text AS umoptions
WHERE false
