-- Roles that may log in, with what is known of their passwords (PG: 54.26 pg_shadow).
SELECT a.rolname AS usename,
  a.oid AS usesysid,
  a.rolcreatedb AS usecreatedb,
  a.rolsuper AS usesuper,
  a.rolreplication AS userepl,
  a.rolbypassrls AS usebypassrls,
  a.rolpassword AS passwd,
  a.rolvaliduntil AS valuntil,
  NULL::text[] AS useconfig
FROM pg_catalog.pg_authid a
WHERE a.rolcanlogin
