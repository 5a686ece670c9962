-- Materialized views: there are none.
SELECT NULL::name AS schemaname,
  NULL::name AS matviewname,
  NULL::name AS matviewowner,
  NULL::name AS tablespace,
  NULL::bool AS hasindexes,
  NULL::bool AS ispopulated,
  NULL::text AS definition
WHERE false
