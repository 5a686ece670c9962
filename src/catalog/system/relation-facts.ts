// The tables of pg_catalog as PostgreSQL 15 has them: `schema.name kind oid:`, then its
// columns with their types; `!` is NOT NULL, the kind `rs` a table shared between databases.
// Recorded from PostgreSQL 15. Changing a table's columns breaks existing data directories.

export const TABLE_FACTS = `
  c.pg_aggregate r 2600: aggfnoid regproc!, aggkind char!, aggnumdirectargs int2!,
      aggtransfn regproc!, aggfinalfn regproc!, aggcombinefn regproc!, aggserialfn regproc!,
      aggdeserialfn regproc!, aggmtransfn regproc!, aggminvtransfn regproc!, aggmfinalfn regproc!,
      aggfinalextra bool!, aggmfinalextra bool!, aggfinalmodify char!, aggmfinalmodify char!,
      aggsortop oid!, aggtranstype oid!, aggtransspace int4!, aggmtranstype oid!,
      aggmtransspace int4!, agginitval text, aggminitval text
  c.pg_am r 2601: oid oid!, amname name!, amhandler regproc!, amtype char!
  c.pg_amop r 2602: oid oid!, amopfamily oid!, amoplefttype oid!, amoprighttype oid!,
      amopstrategy int2!, amoppurpose char!, amopopr oid!, amopmethod oid!, amopsortfamily oid!
  c.pg_amproc r 2603: oid oid!, amprocfamily oid!, amproclefttype oid!, amprocrighttype oid!,
      amprocnum int2!, amproc regproc!
  c.pg_attrdef r 2604: oid oid!, adrelid oid!, adnum int2!, adbin pg_node_tree!
  c.pg_attribute r 1249: attrelid oid!, attname name!, atttypid oid!, attstattarget int4!,
      attlen int2!, attnum int2!, attndims int4!, attcacheoff int4!, atttypmod int4!,
      attbyval bool!, attalign char!, attstorage char!, attcompression char!, attnotnull bool!,
      atthasdef bool!, atthasmissing bool!, attidentity char!, attgenerated char!,
      attisdropped bool!, attislocal bool!, attinhcount int4!, attcollation oid!, attacl _aclitem,
      attoptions _text, attfdwoptions _text, attmissingval anyarray
  c.pg_auth_members rs 1261: roleid oid!, member oid!, grantor oid!, admin_option bool!
  c.pg_authid rs 1260: oid oid!, rolname name!, rolsuper bool!, rolinherit bool!,
      rolcreaterole bool!, rolcreatedb bool!, rolcanlogin bool!, rolreplication bool!,
      rolbypassrls bool!, rolconnlimit int4!, rolpassword text, rolvaliduntil timestamptz
  c.pg_cast r 2605: oid oid!, castsource oid!, casttarget oid!, castfunc oid!, castcontext char!,
      castmethod char!
  c.pg_class r 1259: oid oid!, relname name!, relnamespace oid!, reltype oid!, reloftype oid!,
      relowner oid!, relam oid!, relfilenode oid!, reltablespace oid!, relpages int4!,
      reltuples float4!, relallvisible int4!, reltoastrelid oid!, relhasindex bool!,
      relisshared bool!, relpersistence char!, relkind char!, relnatts int2!, relchecks int2!,
      relhasrules bool!, relhastriggers bool!, relhassubclass bool!, relrowsecurity bool!,
      relforcerowsecurity bool!, relispopulated bool!, relreplident char!, relispartition bool!,
      relrewrite oid!, relfrozenxid xid!, relminmxid xid!, relacl _aclitem, reloptions _text,
      relpartbound pg_node_tree
  c.pg_collation r 3456: oid oid!, collname name!, collnamespace oid!, collowner oid!,
      collprovider char!, collisdeterministic bool!, collencoding int4!, collcollate text,
      collctype text, colliculocale text, collversion text
  c.pg_constraint r 2606: oid oid!, conname name!, connamespace oid!, contype char!,
      condeferrable bool!, condeferred bool!, convalidated bool!, conrelid oid!, contypid oid!,
      conindid oid!, conparentid oid!, confrelid oid!, confupdtype char!, confdeltype char!,
      confmatchtype char!, conislocal bool!, coninhcount int4!, connoinherit bool!, conkey _int2,
      confkey _int2, conpfeqop _oid, conppeqop _oid, conffeqop _oid, confdelsetcols _int2,
      conexclop _oid, conbin pg_node_tree
  c.pg_conversion r 2607: oid oid!, conname name!, connamespace oid!, conowner oid!,
      conforencoding int4!, contoencoding int4!, conproc regproc!, condefault bool!
  c.pg_database rs 1262: oid oid!, datname name!, datdba oid!, encoding int4!,
      datlocprovider char!, datistemplate bool!, datallowconn bool!, datconnlimit int4!,
      datfrozenxid xid!, datminmxid xid!, dattablespace oid!, datcollate text!, datctype text!,
      daticulocale text, datcollversion text, datacl _aclitem
  c.pg_db_role_setting rs 2964: setdatabase oid!, setrole oid!, setconfig _text
  c.pg_default_acl r 826: oid oid!, defaclrole oid!, defaclnamespace oid!, defaclobjtype char!,
      defaclacl _aclitem!
  c.pg_depend r 2608: classid oid!, objid oid!, objsubid int4!, refclassid oid!, refobjid oid!,
      refobjsubid int4!, deptype char!
  c.pg_description r 2609: objoid oid!, classoid oid!, objsubid int4!, description text!
  c.pg_enum r 3501: oid oid!, enumtypid oid!, enumsortorder float4!, enumlabel name!
  c.pg_event_trigger r 3466: oid oid!, evtname name!, evtevent name!, evtowner oid!, evtfoid oid!,
      evtenabled char!, evttags _text
  c.pg_extension r 3079: oid oid!, extname name!, extowner oid!, extnamespace oid!,
      extrelocatable bool!, extversion text!, extconfig _oid, extcondition _text
  c.pg_foreign_data_wrapper r 2328: oid oid!, fdwname name!, fdwowner oid!, fdwhandler oid!,
      fdwvalidator oid!, fdwacl _aclitem, fdwoptions _text
  c.pg_foreign_server r 1417: oid oid!, srvname name!, srvowner oid!, srvfdw oid!, srvtype text,
      srvversion text, srvacl _aclitem, srvoptions _text
  c.pg_foreign_table r 3118: ftrelid oid!, ftserver oid!, ftoptions _text
  c.pg_index r 2610: indexrelid oid!, indrelid oid!, indnatts int2!, indnkeyatts int2!,
      indisunique bool!, indnullsnotdistinct bool!, indisprimary bool!, indisexclusion bool!,
      indimmediate bool!, indisclustered bool!, indisvalid bool!, indcheckxmin bool!,
      indisready bool!, indislive bool!, indisreplident bool!, indkey int2vector!,
      indcollation oidvector!, indclass oidvector!, indoption int2vector!, indexprs pg_node_tree,
      indpred pg_node_tree
  c.pg_inherits r 2611: inhrelid oid!, inhparent oid!, inhseqno int4!, inhdetachpending bool!
  c.pg_init_privs r 3394: objoid oid!, classoid oid!, objsubid int4!, privtype char!,
      initprivs _aclitem!
  c.pg_language r 2612: oid oid!, lanname name!, lanowner oid!, lanispl bool!, lanpltrusted bool!,
      lanplcallfoid oid!, laninline oid!, lanvalidator oid!, lanacl _aclitem
  c.pg_largeobject_metadata r 2995: oid oid!, lomowner oid!, lomacl _aclitem
  c.pg_namespace r 2615: oid oid!, nspname name!, nspowner oid!, nspacl _aclitem
  c.pg_opclass r 2616: oid oid!, opcmethod oid!, opcname name!, opcnamespace oid!, opcowner oid!,
      opcfamily oid!, opcintype oid!, opcdefault bool!, opckeytype oid!
  c.pg_operator r 2617: oid oid!, oprname name!, oprnamespace oid!, oprowner oid!, oprkind char!,
      oprcanmerge bool!, oprcanhash bool!, oprleft oid!, oprright oid!, oprresult oid!,
      oprcom oid!, oprnegate oid!, oprcode regproc!, oprrest regproc!, oprjoin regproc!
  c.pg_opfamily r 2753: oid oid!, opfmethod oid!, opfname name!, opfnamespace oid!, opfowner oid!
  c.pg_parameter_acl rs 6243: oid oid!, parname text!, paracl _aclitem
  c.pg_partitioned_table r 3350: partrelid oid!, partstrat char!, partnatts int2!, partdefid oid!,
      partattrs int2vector!, partclass oidvector!, partcollation oidvector!,
      partexprs pg_node_tree
  c.pg_policy r 3256: oid oid!, polname name!, polrelid oid!, polcmd char!, polpermissive bool!,
      polroles _oid!, polqual pg_node_tree, polwithcheck pg_node_tree
  c.pg_proc r 1255: oid oid!, proname name!, pronamespace oid!, proowner oid!, prolang oid!,
      procost float4!, prorows float4!, provariadic oid!, prosupport regproc!, prokind char!,
      prosecdef bool!, proleakproof bool!, proisstrict bool!, proretset bool!, provolatile char!,
      proparallel char!, pronargs int2!, pronargdefaults int2!, prorettype oid!,
      proargtypes oidvector!, proallargtypes _oid, proargmodes _char, proargnames _text,
      proargdefaults pg_node_tree, protrftypes _oid, prosrc text!, probin text,
      prosqlbody pg_node_tree, proconfig _text, proacl _aclitem
  c.pg_publication r 6104: oid oid!, pubname name!, pubowner oid!, puballtables bool!,
      pubinsert bool!, pubupdate bool!, pubdelete bool!, pubtruncate bool!, pubviaroot bool!
  c.pg_publication_namespace r 6237: oid oid!, pnpubid oid!, pnnspid oid!
  c.pg_publication_rel r 6106: oid oid!, prpubid oid!, prrelid oid!, prqual pg_node_tree,
      prattrs int2vector
  c.pg_range r 3541: rngtypid oid!, rngsubtype oid!, rngmultitypid oid!, rngcollation oid!,
      rngsubopc oid!, rngcanonical regproc!, rngsubdiff regproc!
  c.pg_rewrite r 2618: oid oid!, rulename name!, ev_class oid!, ev_type char!, ev_enabled char!,
      is_instead bool!, ev_qual pg_node_tree!, ev_action pg_node_tree!
  c.pg_seclabel r 3596: objoid oid!, classoid oid!, objsubid int4!, provider text!, label text!
  c.pg_sequence r 2224: seqrelid oid!, seqtypid oid!, seqstart int8!, seqincrement int8!,
      seqmax int8!, seqmin int8!, seqcache int8!, seqcycle bool!
  c.pg_shdepend rs 1214: dbid oid!, classid oid!, objid oid!, objsubid int4!, refclassid oid!,
      refobjid oid!, deptype char!
  c.pg_shdescription rs 2396: objoid oid!, classoid oid!, description text!
  c.pg_shseclabel rs 3592: objoid oid!, classoid oid!, provider text!, label text!
  c.pg_statistic_ext r 3381: oid oid!, stxrelid oid!, stxname name!, stxnamespace oid!,
      stxowner oid!, stxstattarget int4!, stxkeys int2vector!, stxkind _char!,
      stxexprs pg_node_tree
  c.pg_subscription rs 6100: oid oid!, subdbid oid!, subskiplsn pg_lsn!, subname name!,
      subowner oid!, subenabled bool!, subbinary bool!, substream bool!, subtwophasestate char!,
      subdisableonerr bool!, subconninfo text!, subslotname name, subsynccommit text!,
      subpublications _text!
  c.pg_subscription_rel r 6102: srsubid oid!, srrelid oid!, srsubstate char!, srsublsn pg_lsn
  c.pg_tablespace rs 1213: oid oid!, spcname name!, spcowner oid!, spcacl _aclitem,
      spcoptions _text
  c.pg_transform r 3576: oid oid!, trftype oid!, trflang oid!, trffromsql regproc!,
      trftosql regproc!
  c.pg_trigger r 2620: oid oid!, tgrelid oid!, tgparentid oid!, tgname name!, tgfoid oid!,
      tgtype int2!, tgenabled char!, tgisinternal bool!, tgconstrrelid oid!, tgconstrindid oid!,
      tgconstraint oid!, tgdeferrable bool!, tginitdeferred bool!, tgnargs int2!,
      tgattr int2vector!, tgargs bytea!, tgqual pg_node_tree, tgoldtable name, tgnewtable name
  c.pg_ts_config r 3602: oid oid!, cfgname name!, cfgnamespace oid!, cfgowner oid!,
      cfgparser oid!
  c.pg_ts_config_map r 3603: mapcfg oid!, maptokentype int4!, mapseqno int4!, mapdict oid!
  c.pg_ts_dict r 3600: oid oid!, dictname name!, dictnamespace oid!, dictowner oid!,
      dicttemplate oid!, dictinitoption text
  c.pg_ts_parser r 3601: oid oid!, prsname name!, prsnamespace oid!, prsstart regproc!,
      prstoken regproc!, prsend regproc!, prsheadline regproc!, prslextype regproc!
  c.pg_ts_template r 3764: oid oid!, tmplname name!, tmplnamespace oid!, tmplinit regproc!,
      tmpllexize regproc!
  c.pg_type r 1247: oid oid!, typname name!, typnamespace oid!, typowner oid!, typlen int2!,
      typbyval bool!, typtype char!, typcategory char!, typispreferred bool!, typisdefined bool!,
      typdelim char!, typrelid oid!, typsubscript regproc!, typelem oid!, typarray oid!,
      typinput regproc!, typoutput regproc!, typreceive regproc!, typsend regproc!,
      typmodin regproc!, typmodout regproc!, typanalyze regproc!, typalign char!,
      typstorage char!, typnotnull bool!, typbasetype oid!, typtypmod int4!, typndims int4!,
      typcollation oid!, typdefaultbin pg_node_tree, typdefault text, typacl _aclitem
  c.pg_user_mapping r 1418: oid oid!, umuser oid!, umserver oid!, umoptions _text
`;
