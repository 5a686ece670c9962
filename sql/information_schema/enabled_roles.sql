-- Roles of whoever asks (PG: 37.25).
SELECT a.rolname AS role_name FROM pg_catalog.pg_authid a
