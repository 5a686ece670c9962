-- Replication slots: replication is by Raft.
SELECT NULL::name AS slot_name,
  NULL::name AS plugin,
  NULL::text AS slot_type,
  NULL::oid AS datoid,
  NULL::name AS database,
  NULL::bool AS temporary,
  NULL::bool AS active,
  NULL::int4 AS active_pid,
  NULL::xid AS xmin,
  NULL::xid AS catalog_xmin,
  NULL::pg_lsn AS restart_lsn,
  NULL::pg_lsn AS confirmed_flush_lsn,
  NULL::text AS wal_status,
  NULL::int8 AS safe_wal_size,
  NULL::bool AS two_phase
WHERE false
