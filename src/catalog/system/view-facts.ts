// The views of pg_catalog (c) and information_schema (i) as PostgreSQL 15 has them: `schema.name kind oid:`, then its
// columns with their types; `!` is NOT NULL, the kind `rs` a table shared between databases.
// Recorded from PostgreSQL 15. Changing a table's columns breaks existing data directories.

export const VIEW_FACTS = `
  c.pg_available_extension_versions v 12085: name name, version text, installed bool,
      superuser bool, trusted bool, relocatable bool, schema name, requires _name, comment text
  c.pg_available_extensions v 12081: name name, default_version text, installed_version text,
      comment text
  c.pg_cursors v 12077: name text, statement text, is_holdable bool, is_binary bool,
      is_scrollable bool, creation_time timestamptz
  c.pg_group v 12010: groname name, grosysid oid, grolist _oid
  c.pg_indexes v 12043: schemaname name, tablename name, indexname name, tablespace name,
      indexdef text
  c.pg_locks v 12073: locktype text, database oid, relation oid, page int4, tuple int2,
      virtualxid text, transactionid xid, classid oid, objid oid, objsubid int2,
      virtualtransaction text, pid int4, mode text, granted bool, fastpath bool,
      waitstart timestamptz
  c.pg_matviews v 12038: schemaname name, matviewname name, matviewowner name, tablespace name,
      hasindexes bool, ispopulated bool, definition text
  c.pg_policies v 12018: schemaname name, tablename name, policyname name, permissive text,
      roles _name, cmd text, qual text, with_check text
  c.pg_prepared_statements v 12095: name text, statement text, prepare_time timestamptz,
      parameter_types _regtype, from_sql bool, generic_plans int8, custom_plans int8
  c.pg_prepared_xacts v 12090: transaction xid, gid text, prepared timestamptz, owner name,
      database name
  c.pg_publication_tables v 12068: pubname name, schemaname name, tablename name, attnames _name,
      rowfilter text
  c.pg_replication_slots v 12257: slot_name name, plugin name, slot_type text, datoid oid,
      database name, temporary bool, active bool, active_pid int4, xmin xid, catalog_xmin xid,
      restart_lsn pg_lsn, confirmed_flush_lsn pg_lsn, wal_status text, safe_wal_size int8,
      two_phase bool
  c.pg_roles v 12000: rolname name, rolsuper bool, rolinherit bool, rolcreaterole bool,
      rolcreatedb bool, rolcanlogin bool, rolreplication bool, rolconnlimit int4,
      rolpassword text, rolvaliduntil timestamptz, rolbypassrls bool, rolconfig _text, oid oid
  c.pg_rules v 12023: schemaname name, tablename name, rulename name, definition text
  c.pg_seclabels v 12099: objoid oid, classoid oid, objsubid int4, objtype text, objnamespace oid,
      objname text, provider text, label text
  c.pg_sequences v 12048: schemaname name, sequencename name, sequenceowner name,
      data_type regtype, start_value int8, min_value int8, max_value int8, increment_by int8,
      cycle bool, cache_size int8, last_value int8
  c.pg_settings v 12104: name text, setting text, unit text, category text, short_desc text,
      extra_desc text, context text, vartype text, source text, min_val text, max_val text,
      enumvals _text, boot_val text, reset_val text, sourcefile text, sourceline int4,
      pending_restart bool
  c.pg_shadow v 12005: usename name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool,
      usebypassrls bool, passwd text, valuntil timestamptz, useconfig _text
  c.pg_stat_activity v 12222: datid oid, datname name, pid int4, leader_pid int4, usesysid oid,
      usename name, application_name text, client_addr inet, client_hostname text,
      client_port int4, backend_start timestamptz, xact_start timestamptz,
      query_start timestamptz, state_change timestamptz, wait_event_type text, wait_event text,
      state text, backend_xid xid, backend_xmin xid, query_id int8, query text, backend_type text
  c.pg_stat_all_indexes v 12183: relid oid, indexrelid oid, schemaname name, relname name,
      indexrelname name, idx_scan int8, idx_tup_read int8, idx_tup_fetch int8
  c.pg_stat_all_tables v 12142: relid oid, schemaname name, relname name, seq_scan int8,
      seq_tup_read int8, idx_scan int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8,
      n_tup_del int8, n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8,
      n_mod_since_analyze int8, n_ins_since_vacuum int8, last_vacuum timestamptz,
      last_autovacuum timestamptz, last_analyze timestamptz, last_autoanalyze timestamptz,
      vacuum_count int8, autovacuum_count int8, analyze_count int8, autoanalyze_count int8
  c.pg_stat_bgwriter v 12289: checkpoints_timed int8, checkpoints_req int8,
      checkpoint_write_time float8, checkpoint_sync_time float8, buffers_checkpoint int8,
      buffers_clean int8, maxwritten_clean int8, buffers_backend int8, buffers_backend_fsync int8,
      buffers_alloc int8, stats_reset timestamptz
  c.pg_stat_database v 12266: datid oid, datname name, numbackends int4, xact_commit int8,
      xact_rollback int8, blks_read int8, blks_hit int8, tup_returned int8, tup_fetched int8,
      tup_inserted int8, tup_updated int8, tup_deleted int8, conflicts int8, temp_files int8,
      temp_bytes int8, deadlocks int8, checksum_failures int8, checksum_last_failure timestamptz,
      blk_read_time float8, blk_write_time float8, session_time float8, active_time float8,
      idle_in_transaction_time float8, sessions int8, sessions_abandoned int8,
      sessions_fatal int8, sessions_killed int8, stats_reset timestamptz
  c.pg_stat_gssapi v 12253: pid int4, gss_authenticated bool, principal text, encrypted bool
  c.pg_stat_replication v 12227: pid int4, usesysid oid, usename name, application_name text,
      client_addr inet, client_hostname text, client_port int4, backend_start timestamptz,
      backend_xmin xid, state text, sent_lsn pg_lsn, write_lsn pg_lsn, flush_lsn pg_lsn,
      replay_lsn pg_lsn, write_lag interval, flush_lag interval, replay_lag interval,
      sync_priority int4, sync_state text, reply_time timestamptz
  c.pg_stat_ssl v 12249: pid int4, ssl bool, version text, cipher text, bits int4, client_dn text,
      client_serial numeric, issuer_dn text
  c.pg_stat_sys_indexes v 12188: relid oid, indexrelid oid, schemaname name, relname name,
      indexrelname name, idx_scan int8, idx_tup_read int8, idx_tup_fetch int8
  c.pg_stat_sys_tables v 12152: relid oid, schemaname name, relname name, seq_scan int8,
      seq_tup_read int8, idx_scan int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8,
      n_tup_del int8, n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8,
      n_mod_since_analyze int8, n_ins_since_vacuum int8, last_vacuum timestamptz,
      last_autovacuum timestamptz, last_analyze timestamptz, last_autoanalyze timestamptz,
      vacuum_count int8, autovacuum_count int8, analyze_count int8, autoanalyze_count int8
  c.pg_stat_user_indexes v 12192: relid oid, indexrelid oid, schemaname name, relname name,
      indexrelname name, idx_scan int8, idx_tup_read int8, idx_tup_fetch int8
  c.pg_stat_user_tables v 12161: relid oid, schemaname name, relname name, seq_scan int8,
      seq_tup_read int8, idx_scan int8, idx_tup_fetch int8, n_tup_ins int8, n_tup_upd int8,
      n_tup_del int8, n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8,
      n_mod_since_analyze int8, n_ins_since_vacuum int8, last_vacuum timestamptz,
      last_autovacuum timestamptz, last_analyze timestamptz, last_autoanalyze timestamptz,
      vacuum_count int8, autovacuum_count int8, analyze_count int8, autoanalyze_count int8
  c.pg_statio_all_indexes v 12196: relid oid, indexrelid oid, schemaname name, relname name,
      indexrelname name, idx_blks_read int8, idx_blks_hit int8
  c.pg_statio_all_tables v 12170: relid oid, schemaname name, relname name, heap_blks_read int8,
      heap_blks_hit int8, idx_blks_read int8, idx_blks_hit int8, toast_blks_read int8,
      toast_blks_hit int8, tidx_blks_read int8, tidx_blks_hit int8
  c.pg_statio_user_indexes v 12205: relid oid, indexrelid oid, schemaname name, relname name,
      indexrelname name, idx_blks_read int8, idx_blks_hit int8
  c.pg_statio_user_tables v 12179: relid oid, schemaname name, relname name, heap_blks_read int8,
      heap_blks_hit int8, idx_blks_read int8, idx_blks_hit int8, toast_blks_read int8,
      toast_blks_hit int8, tidx_blks_read int8, tidx_blks_hit int8
  c.pg_tables v 12033: schemaname name, tablename name, tableowner name, tablespace name,
      hasindexes bool, hasrules bool, hastriggers bool, rowsecurity bool
  c.pg_timezone_abbrevs v 12122: abbrev text, utc_offset interval, is_dst bool
  c.pg_timezone_names v 12126: name text, abbrev text, utc_offset interval, is_dst bool
  c.pg_user v 12014: usename name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool,
      usebypassrls bool, passwd text, valuntil timestamptz, useconfig _text
  c.pg_user_mappings v 12327: umid oid, srvid oid, srvname name, umuser oid, usename name,
      umoptions _text
  c.pg_views v 12028: schemaname name, viewname name, viewowner name, definition text
  i.administrable_role_authorizations v 13241: grantee name, role_name name, is_grantable varchar
  i.applicable_roles v 13236: grantee name, role_name name, is_grantable varchar
  i.character_sets v 13250: character_set_catalog name, character_set_schema name,
      character_set_name name, character_repertoire name, form_of_use name,
      default_collate_catalog name, default_collate_schema name, default_collate_name name
  i.check_constraints v 13260: constraint_catalog name, constraint_schema name,
      constraint_name name, check_clause varchar
  i.collations v 13265: collation_catalog name, collation_schema name, collation_name name,
      pad_attribute varchar
  i.column_privileges v 13285: grantor name, grantee name, table_catalog name, table_schema name,
      table_name name, column_name name, privilege_type varchar, is_grantable varchar
  i.column_udt_usage v 13290: udt_catalog name, udt_schema name, udt_name name,
      table_catalog name, table_schema name, table_name name, column_name name
  i.columns v 13295: table_catalog name, table_schema name, table_name name, column_name name,
      ordinal_position int4, column_default varchar, is_nullable varchar, data_type varchar,
      character_maximum_length int4, character_octet_length int4, numeric_precision int4,
      numeric_precision_radix int4, numeric_scale int4, datetime_precision int4,
      interval_type varchar, interval_precision int4, character_set_catalog name,
      character_set_schema name, character_set_name name, collation_catalog name,
      collation_schema name, collation_name name, domain_catalog name, domain_schema name,
      domain_name name, udt_catalog name, udt_schema name, udt_name name, scope_catalog name,
      scope_schema name, scope_name name, maximum_cardinality int4, dtd_identifier name,
      is_self_referencing varchar, is_identity varchar, identity_generation varchar,
      identity_start varchar, identity_increment varchar, identity_maximum varchar,
      identity_minimum varchar, identity_cycle varchar, is_generated varchar,
      generation_expression varchar, is_updatable varchar
  i.constraint_column_usage v 13300: table_catalog name, table_schema name, table_name name,
      column_name name, constraint_catalog name, constraint_schema name, constraint_name name
  i.constraint_table_usage v 13305: table_catalog name, table_schema name, table_name name,
      constraint_catalog name, constraint_schema name, constraint_name name
  i.domains v 13320: domain_catalog name, domain_schema name, domain_name name, data_type varchar,
      character_maximum_length int4, character_octet_length int4, character_set_catalog name,
      character_set_schema name, character_set_name name, collation_catalog name,
      collation_schema name, collation_name name, numeric_precision int4,
      numeric_precision_radix int4, numeric_scale int4, datetime_precision int4,
      interval_type varchar, interval_precision int4, domain_default varchar, udt_catalog name,
      udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name name,
      maximum_cardinality int4, dtd_identifier name
  i.element_types v 13493: object_catalog name, object_schema name, object_name name,
      object_type varchar, collection_type_identifier name, data_type varchar,
      character_maximum_length int4, character_octet_length int4, character_set_catalog name,
      character_set_schema name, character_set_name name, collation_catalog name,
      collation_schema name, collation_name name, numeric_precision int4,
      numeric_precision_radix int4, numeric_scale int4, datetime_precision int4,
      interval_type varchar, interval_precision int4, domain_default varchar, udt_catalog name,
      udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name name,
      maximum_cardinality int4, dtd_identifier name
  i.enabled_roles v 13325: role_name name
  i.information_schema_catalog_name v 13227: catalog_name name
  i.key_column_usage v 13329: constraint_catalog name, constraint_schema name,
      constraint_name name, table_catalog name, table_schema name, table_name name,
      column_name name, ordinal_position int4, position_in_unique_constraint int4
  i.parameters v 13334: specific_catalog name, specific_schema name, specific_name name,
      ordinal_position int4, parameter_mode varchar, is_result varchar, as_locator varchar,
      parameter_name name, data_type varchar, character_maximum_length int4,
      character_octet_length int4, character_set_catalog name, character_set_schema name,
      character_set_name name, collation_catalog name, collation_schema name, collation_name name,
      numeric_precision int4, numeric_precision_radix int4, numeric_scale int4,
      datetime_precision int4, interval_type varchar, interval_precision int4, udt_catalog name,
      udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name name,
      maximum_cardinality int4, dtd_identifier name, parameter_default varchar
  i.referential_constraints v 13339: constraint_catalog name, constraint_schema name,
      constraint_name name, unique_constraint_catalog name, unique_constraint_schema name,
      unique_constraint_name name, match_option varchar, update_rule varchar, delete_rule varchar
  i.role_table_grants v 13421: grantor name, grantee name, table_catalog name, table_schema name,
      table_name name, privilege_type varchar, is_grantable varchar, with_hierarchy varchar
  i.routine_privileges v 13353: grantor name, grantee name, specific_catalog name,
      specific_schema name, specific_name name, routine_catalog name, routine_schema name,
      routine_name name, privilege_type varchar, is_grantable varchar
  i.routines v 13377: specific_catalog name, specific_schema name, specific_name name,
      routine_catalog name, routine_schema name, routine_name name, routine_type varchar,
      module_catalog name, module_schema name, module_name name, udt_catalog name,
      udt_schema name, udt_name name, data_type varchar, character_maximum_length int4,
      character_octet_length int4, character_set_catalog name, character_set_schema name,
      character_set_name name, collation_catalog name, collation_schema name, collation_name name,
      numeric_precision int4, numeric_precision_radix int4, numeric_scale int4,
      datetime_precision int4, interval_type varchar, interval_precision int4,
      type_udt_catalog name, type_udt_schema name, type_udt_name name, scope_catalog name,
      scope_schema name, scope_name name, maximum_cardinality int4, dtd_identifier name,
      routine_body varchar, routine_definition varchar, external_name varchar,
      external_language varchar, parameter_style varchar, is_deterministic varchar,
      sql_data_access varchar, is_null_call varchar, sql_path varchar,
      schema_level_routine varchar, max_dynamic_result_sets int4, is_user_defined_cast varchar,
      is_implicitly_invocable varchar, security_type varchar, to_sql_specific_catalog name,
      to_sql_specific_schema name, to_sql_specific_name name, as_locator varchar,
      created timestamptz, last_altered timestamptz, new_savepoint_level varchar,
      is_udt_dependent varchar, result_cast_from_data_type varchar,
      result_cast_as_locator varchar, result_cast_char_max_length int4,
      result_cast_char_octet_length int4, result_cast_char_set_catalog name,
      result_cast_char_set_schema name, result_cast_char_set_name name,
      result_cast_collation_catalog name, result_cast_collation_schema name,
      result_cast_collation_name name, result_cast_numeric_precision int4,
      result_cast_numeric_precision_radix int4, result_cast_numeric_scale int4,
      result_cast_datetime_precision int4, result_cast_interval_type varchar,
      result_cast_interval_precision int4, result_cast_type_udt_catalog name,
      result_cast_type_udt_schema name, result_cast_type_udt_name name,
      result_cast_scope_catalog name, result_cast_scope_schema name, result_cast_scope_name name,
      result_cast_maximum_cardinality int4, result_cast_dtd_identifier name
  i.schemata v 13382: catalog_name name, schema_name name, schema_owner name,
      default_character_set_catalog name, default_character_set_schema name,
      default_character_set_name name, sql_path varchar
  i.sequences v 13386: sequence_catalog name, sequence_schema name, sequence_name name,
      data_type varchar, numeric_precision int4, numeric_precision_radix int4, numeric_scale int4,
      start_value varchar, minimum_value varchar, maximum_value varchar, increment varchar,
      cycle_option varchar
  i.table_constraints v 13411: constraint_catalog name, constraint_schema name,
      constraint_name name, table_catalog name, table_schema name, table_name name,
      constraint_type varchar, is_deferrable varchar, initially_deferred varchar,
      enforced varchar, nulls_distinct varchar
  i.table_privileges v 13416: grantor name, grantee name, table_catalog name, table_schema name,
      table_name name, privilege_type varchar, is_grantable varchar, with_hierarchy varchar
  i.tables v 13425: table_catalog name, table_schema name, table_name name, table_type varchar,
      self_referencing_column_name name, reference_generation varchar,
      user_defined_type_catalog name, user_defined_type_schema name, user_defined_type_name name,
      is_insertable_into varchar, is_typed varchar, commit_action varchar
  i.triggers v 13440: trigger_catalog name, trigger_schema name, trigger_name name,
      event_manipulation varchar, event_object_catalog name, event_object_schema name,
      event_object_table name, action_order int4, action_condition varchar,
      action_statement varchar, action_orientation varchar, action_timing varchar,
      action_reference_old_table name, action_reference_new_table name,
      action_reference_old_row name, action_reference_new_row name, created timestamptz
  i.user_defined_types v 13463: user_defined_type_catalog name, user_defined_type_schema name,
      user_defined_type_name name, user_defined_type_category varchar, is_instantiable varchar,
      is_final varchar, ordering_form varchar, ordering_category varchar,
      ordering_routine_catalog name, ordering_routine_schema name, ordering_routine_name name,
      reference_type varchar, data_type varchar, character_maximum_length int4,
      character_octet_length int4, character_set_catalog name, character_set_schema name,
      character_set_name name, collation_catalog name, collation_schema name, collation_name name,
      numeric_precision int4, numeric_precision_radix int4, numeric_scale int4,
      datetime_precision int4, interval_type varchar, interval_precision int4,
      source_dtd_identifier name, ref_dtd_identifier name
  i.view_table_usage v 13478: view_catalog name, view_schema name, view_name name,
      table_catalog name, table_schema name, table_name name
  i.views v 13483: table_catalog name, table_schema name, table_name name,
      view_definition varchar, check_option varchar, is_updatable varchar,
      is_insertable_into varchar, is_trigger_updatable varchar, is_trigger_deletable varchar,
      is_trigger_insertable_into varchar
  c.balsa_nodes v 9000: id int4, role text, term int8, leader int4, commit_index int8,
      applied_index int8, lag int8, log_bytes int8, database_bytes int8, client_address text,
      version text, state text, seen_seconds_ago float8
`;
