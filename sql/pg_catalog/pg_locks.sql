-- Locks of all nodes (PG: 54.12 pg_locks). A row is of no page: its number stands in "tuple" as far
-- as that goes.
SELECT l.locktype,
  d.oid AS database,
  l.relation,
  NULL::int4 AS page,
  (l.row % 32768)::int2 AS tuple,
  NULL::text AS virtualxid,
  NULL::xid AS transactionid,
  l.classid,
  l.objid,
  l.objsubid,
  NULL::text AS virtualtransaction,
  l.pid,
  l.mode,
  l.granted,
  false AS fastpath,
  NULL::timestamptz AS waitstart
FROM balsa_lock_rows(balsa_lock_list()) l
CROSS JOIN pg_catalog.pg_database d
