-- Roles that may log in (PG: 54.34 pg_user).
SELECT a.rolname AS usename,
  a.oid AS usesysid,
  a.rolcreatedb AS usecreatedb,
  a.rolsuper AS usesuper,
  a.rolreplication AS userepl,
  a.rolbypassrls AS usebypassrls,
  '********'::text AS passwd,
  a.rolvaliduntil AS valuntil,
  NULL::text[] AS useconfig
FROM pg_catalog.pg_authid a
WHERE a.rolcanlogin
