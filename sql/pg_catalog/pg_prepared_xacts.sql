-- Prepared transactions: there are none.
SELECT NULL::xid AS transaction,
  NULL::text AS gid,
  NULL::timestamptz AS prepared,
  NULL::name AS owner,
  NULL::name AS database
WHERE false
