-- Prepared statements belong to sessions and are not listed.
SELECT NULL::text AS name,
  NULL::text AS statement,
  NULL::timestamptz AS prepare_time,
  NULL::_regtype AS parameter_types,
  NULL::bool AS from_sql,
  NULL::int8 AS generic_plans,
  NULL::int8 AS custom_plans
WHERE false
