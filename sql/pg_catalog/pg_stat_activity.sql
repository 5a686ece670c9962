-- Sessions of the node that is asked (PG: 28.2.3 pg_stat_activity). When transactions and statements
-- began is not told, nor what they wait for.
SELECT d.oid AS datid,
  d.datname,
  s.pid,
  NULL::int4 AS leader_pid,
  r.oid AS usesysid,
  s.usename::name AS usename,
  s.application_name,
  s.client_addr::inet AS client_addr,
  NULL::text AS client_hostname,
  s.client_port,
  s.backend_start,
  NULL::timestamptz AS xact_start,
  NULL::timestamptz AS query_start,
  NULL::timestamptz AS state_change,
  CASE WHEN s.state = 'active' THEN NULL ELSE 'Client' END AS wait_event_type,
  CASE WHEN s.state = 'active' THEN NULL ELSE 'ClientRead' END AS wait_event,
  s.state,
  NULL::xid AS backend_xid,
  NULL::xid AS backend_xmin,
  NULL::int8 AS query_id,
  s.query,
  'client backend'::text AS backend_type
FROM pg_catalog.balsa_sessions() s
LEFT JOIN pg_catalog.pg_database d ON d.datname = s.datname
LEFT JOIN pg_catalog.pg_authid r ON r.rolname = s.usename
