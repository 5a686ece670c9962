// Object ids that PostgreSQL fixes and the catalog's own code refers to (PG: 53 System Catalogs).

/** Objects of users start here; everything below belongs to the system. */
export const FIRST_USER_OID = 16384;

export const SCHEMA_OID = {
  pg_catalog: 11,
  pg_toast: 99,
  public: 2200,
  information_schema: 13207,
} as const;

/** Catalog tables that rows of pg_depend and pg_description name in classid. */
export const CLASS_OID = {
  pg_class: 1259,
  pg_type: 1247,
  pg_attrdef: 2604,
  pg_constraint: 2606,
  pg_namespace: 2615,
  pg_database: 1262,
  pg_authid: 1260,
  pg_proc: 1255,
  pg_rewrite: 2618,
} as const;

/** pg_sequence; statements that read where a sequence is read this table. */
export const SEQUENCES_OID = 2224;

/** The role that owns everything: `postgres`. */
export const OWNER_OID = 10;

export const DATABASE_OID = 5;

export const TABLESPACE_OID = 1663;

export const ACCESS_METHOD_OID = { heap: 2, btree: 403, hash: 405, gist: 783, gin: 2742 } as const;
