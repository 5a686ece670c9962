-- Cursors that SQL has declared: none outlives a statement.
SELECT NULL::text AS name,
  NULL::text AS statement,
  NULL::bool AS is_holdable,
  NULL::bool AS is_binary,
  NULL::bool AS is_scrollable,
  NULL::timestamptz AS creation_time
WHERE false
