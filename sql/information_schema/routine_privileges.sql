-- Functions of users: there are none.
SELECT NULL::name AS grantor,
  NULL::name AS grantee,
  NULL::name AS specific_catalog,
  NULL::name AS specific_schema,
  NULL::name AS specific_name,
  NULL::name AS routine_catalog,
  NULL::name AS routine_schema,
  NULL::name AS routine_name,
  NULL::varchar AS privilege_type,
  NULL::varchar AS is_grantable
WHERE false
