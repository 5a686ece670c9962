-- Roles that may not log in (PG: 54.9 pg_group).
SELECT a.rolname AS groname,
  a.oid AS grosysid,
  NULL::oid[] AS grolist
FROM pg_catalog.pg_authid a
WHERE NOT a.rolcanlogin
