// The rows of a new database's catalog: what initdb would have made.
import type { CatalogRow } from '../catalog.ts';
import { attributeRow, classRow, flag, vectorText } from '../catalog-rows.ts';
import { encodeNodeTree } from '../node-tree.ts';
import { SYSTEM_VIEW_TEXTS, type SystemView } from '../system-views.ts';
import {
  OPERATOR_CLASSES,
  SYSTEM_TABLES,
  TYPE_FUNCTIONS,
  TYPES,
  type SystemRelation,
  type TypeFact,
} from './facts.ts';
import {
  ACCESS_METHOD_OID,
  CLASS_OID,
  DATABASE_OID,
  OWNER_OID,
  SCHEMA_OID,
  TABLESPACE_OID,
} from './oids.ts';
import type { ProgramFacts, RoutineFact } from './program-facts.ts';
import { RANGE_FACTS } from './type-facts.ts';

const OWNER = BigInt(OWNER_OID);
const PG_CATALOG = BigInt(SCHEMA_OID.pg_catalog);
const LANGUAGE_INTERNAL = 12n;
/** pg_char_to_encoding('UTF8'). */
const ENCODING_UTF8 = 6n;
const RULE_OID_BASE = 15000n;
const OPERATOR_OID_BASE = 14000;
const CAST_OID_BASE = 10200;

/** Privileges on the schemas that everybody may use, as initdb gives them. */
const SCHEMA_PRIVILEGES: Readonly<Record<string, string>> = {
  pg_catalog: '{postgres=UC/postgres,=U/postgres}',
  public: '{pg_database_owner=UC/pg_database_owner,=U/pg_database_owner}',
  information_schema: '{postgres=UC/postgres,=U/postgres}',
};

function namespaceRows(): readonly CatalogRow[] {
  return Object.entries(SCHEMA_OID).map(([name, oid]) => ({
    oid: BigInt(oid),
    nspname: name,
    nspowner: name === 'public' ? DATABASE_OWNER : OWNER,
    nspacl: SCHEMA_PRIVILEGES[name] ?? null,
  }));
}

/** Dumps leave out what has not changed since. */
function initialPrivilegeRows(): readonly CatalogRow[] {
  return (['pg_catalog', 'public'] as const).map((name) => ({
    objoid: BigInt(SCHEMA_OID[name]),
    classoid: BigInt(CLASS_OID.pg_namespace),
    objsubid: 0n,
    privtype: 'i',
    initprivs: SCHEMA_PRIVILEGES[name] ?? null,
  }));
}

function relationClassRow(relation: SystemRelation): CatalogRow {
  return classRow({
    oid: relation.oid,
    name: relation.name,
    schemaOid: SCHEMA_OID[relation.schema],
    kind: relation.kind,
    columnCount: relation.columns.length,
    accessMethod: relation.kind === 'r' ? ACCESS_METHOD_OID.heap : 0,
    hasRules: relation.kind === 'v',
    isShared: relation.isShared,
  });
}

function relationAttributeRows(relation: SystemRelation): readonly CatalogRow[] {
  return relation.columns.map((column, i) =>
    attributeRow({
      relationOid: relation.oid,
      name: column.name,
      number: i + 1,
      type: column.type.oid,
      notNull: column.notNull,
    }),
  );
}

function ruleRow(view: SystemView, i: number): CatalogRow {
  const { relation, text } = view;
  return {
    oid: RULE_OID_BASE + BigInt(i),
    rulename: '_RETURN',
    ev_class: BigInt(relation.oid),
    ev_type: '1',
    ev_enabled: 'O',
    is_instead: 1n,
    ev_qual: encodeNodeTree([]),
    ev_action: encodeNodeTree([{ text: [text], pretty: [text] }]),
  };
}

const FUNCTION_OIDS = new Map(TYPE_FUNCTIONS.map(({ name, oid }) => [name, BigInt(oid)]));

function typeRow(type: TypeFact): CatalogRow {
  const [input, output, receive, send, modifierIn, modifierOut, subscript] = type.functions.map(
    (name) => FUNCTION_OIDS.get(name) ?? 0n,
  );
  return {
    oid: BigInt(type.oid),
    typname: type.name,
    typnamespace: PG_CATALOG,
    typowner: OWNER,
    typlen: BigInt(type.length),
    typbyval: flag(type.isByValue),
    typtype: type.kind,
    typcategory: type.category,
    typispreferred: flag(type.isPreferred),
    typisdefined: 1n,
    typdelim: type.delimiter,
    typrelid: 0n,
    typsubscript: subscript ?? 0n,
    typelem: BigInt(type.element),
    typarray: BigInt(type.array),
    typinput: input ?? 0n,
    typoutput: output ?? 0n,
    typreceive: receive ?? 0n,
    typsend: send ?? 0n,
    typmodin: modifierIn ?? 0n,
    typmodout: modifierOut ?? 0n,
    typanalyze: 0n,
    typalign: type.align,
    typstorage: type.storage,
    typnotnull: 0n,
    typbasetype: 0n,
    typtypmod: -1n,
    typndims: 0n,
    typcollation: BigInt(type.collation),
    typdefaultbin: null,
    typdefault: null,
    typacl: null,
  };
}

function rangeRows(): readonly CatalogRow[] {
  return RANGE_FACTS.trim()
    .split('\n')
    .map((line) => {
      const [type, subtype, multirange, operatorClass] = line.trim().split(' ') as [
        string,
        string,
        string,
        string,
      ];
      return {
        rngtypid: BigInt(type),
        rngsubtype: BigInt(subtype),
        rngmultitypid: BigInt(multirange),
        rngcollation: 0n,
        rngsubopc: BigInt(operatorClass),
        rngcanonical: 0n,
        rngsubdiff: 0n,
      };
    });
}

function routineRow(routine: RoutineFact): CatalogRow {
  return {
    oid: BigInt(routine.oid),
    proname: routine.name,
    pronamespace: PG_CATALOG,
    proowner: OWNER,
    prolang: LANGUAGE_INTERNAL,
    procost: 1,
    prorows: routine.returnsSet ? 1000 : 0,
    provariadic: BigInt(routine.isVariadic ? (routine.arguments.at(-1) ?? 0) : 0),
    prosupport: 0n,
    prokind: routine.kind,
    prosecdef: 0n,
    proleakproof: 0n,
    proisstrict: flag(routine.isStrict),
    proretset: flag(routine.returnsSet),
    provolatile: routine.volatility,
    proparallel: 's',
    pronargs: BigInt(routine.arguments.length),
    pronargdefaults: BigInt(routine.defaultCount),
    prorettype: BigInt(routine.result),
    proargtypes: vectorText(routine.arguments),
    proallargtypes: null,
    proargmodes: null,
    proargnames: null,
    proargdefaults: null,
    protrftypes: null,
    prosrc: routine.name,
    probin: null,
    prosqlbody: null,
    proconfig: null,
    proacl: null,
  };
}

function routineRows(facts: ProgramFacts): readonly CatalogRow[] {
  const known = new Set(facts.routines.map(({ oid }) => oid));
  const ofTypes = TYPE_FUNCTIONS.filter(({ oid }) => !known.has(oid)).map((fact) => ({
    ...fact,
    kind: 'f' as const,
    returnsSet: false,
    isVariadic: false,
    defaultCount: 0,
  }));
  return [...ofTypes, ...facts.routines].map(routineRow);
}

function operatorRows(facts: ProgramFacts): readonly CatalogRow[] {
  return facts.operators.map((operator, i) => ({
    oid: BigInt(operator.oid ?? OPERATOR_OID_BASE + i),
    oprname: operator.name,
    oprnamespace: PG_CATALOG,
    oprowner: OWNER,
    oprkind: operator.left === 0 ? 'l' : 'b',
    oprcanmerge: 0n,
    oprcanhash: 0n,
    oprleft: BigInt(operator.left),
    oprright: BigInt(operator.right),
    oprresult: BigInt(operator.result),
    oprcom: 0n,
    oprnegate: 0n,
    oprcode: 0n,
    oprrest: 0n,
    oprjoin: 0n,
  }));
}

function castRows(facts: ProgramFacts): readonly CatalogRow[] {
  return facts.casts.map((cast, i) => ({
    oid: BigInt(CAST_OID_BASE + i),
    castsource: BigInt(cast.source),
    casttarget: BigInt(cast.target),
    castfunc: 0n,
    castcontext: cast.context,
    castmethod: 'f',
  }));
}

function accessMethodRows(): readonly CatalogRow[] {
  return Object.entries(ACCESS_METHOD_OID).map(([name, oid]) => ({
    oid: BigInt(oid),
    amname: name,
    amhandler: 0n,
    amtype: name === 'heap' ? 't' : 'i',
  }));
}

function methodOid(method: string): bigint {
  return BigInt(ACCESS_METHOD_OID[method as keyof typeof ACCESS_METHOD_OID]);
}

function operatorClassRows(): readonly CatalogRow[] {
  return OPERATOR_CLASSES.map((opclass) => ({
    oid: BigInt(opclass.oid),
    opcmethod: methodOid(opclass.method),
    opcname: opclass.name,
    opcnamespace: PG_CATALOG,
    opcowner: OWNER,
    opcfamily: BigInt(opclass.family),
    opcintype: BigInt(opclass.type),
    opcdefault: flag(opclass.isDefault),
    opckeytype: 0n,
  }));
}

function operatorFamilyRows(): readonly CatalogRow[] {
  const families = new Map(OPERATOR_CLASSES.map((opclass) => [opclass.family, opclass]));
  return [...families.values()].map((opclass) => ({
    oid: BigInt(opclass.family),
    opfmethod: methodOid(opclass.method),
    opfname: opclass.familyName,
    opfnamespace: PG_CATALOG,
    opfowner: OWNER,
  }));
}

function collationRows(): readonly CatalogRow[] {
  const collations = [
    [100n, 'default', 'd', -1n, null],
    [950n, 'C', 'c', -1n, 'C'],
    [951n, 'POSIX', 'c', -1n, 'POSIX'],
    [12340n, 'ucs_basic', 'c', ENCODING_UTF8, 'C'],
  ] as const;
  return collations.map(([oid, name, provider, encoding, locale]) => ({
    oid,
    collname: name,
    collnamespace: PG_CATALOG,
    collowner: OWNER,
    collprovider: provider,
    collisdeterministic: 1n,
    collencoding: encoding,
    collcollate: locale,
    collctype: locale,
    colliculocale: null,
    collversion: null,
  }));
}

const DATABASE_OWNER = 6171n;

/** PG: 22.5 Predefined Roles. */
const PREDEFINED_ROLES: readonly (readonly [oid: bigint, name: string])[] = [
  [3373n, 'pg_monitor'],
  [3374n, 'pg_read_all_settings'],
  [3375n, 'pg_read_all_stats'],
  [3377n, 'pg_stat_scan_tables'],
  [4200n, 'pg_signal_backend'],
  [4544n, 'pg_checkpoint'],
  [4569n, 'pg_read_server_files'],
  [4570n, 'pg_write_server_files'],
  [4571n, 'pg_execute_server_program'],
  [DATABASE_OWNER, 'pg_database_owner'],
  [6181n, 'pg_read_all_data'],
  [6182n, 'pg_write_all_data'],
];

function roleRow(oid: bigint, name: string): CatalogRow {
  const isOwner = oid === OWNER;
  return {
    oid,
    rolname: name,
    rolsuper: flag(isOwner),
    rolinherit: 1n,
    rolcreaterole: flag(isOwner),
    rolcreatedb: flag(isOwner),
    rolcanlogin: flag(isOwner),
    rolreplication: flag(isOwner),
    rolbypassrls: flag(isOwner),
    rolconnlimit: -1n,
    rolpassword: null,
    rolvaliduntil: null,
  };
}

function databaseRow(name: string): CatalogRow {
  return {
    oid: BigInt(DATABASE_OID),
    datname: name,
    datdba: OWNER,
    encoding: ENCODING_UTF8,
    datlocprovider: 'c',
    datistemplate: 0n,
    datallowconn: 1n,
    datconnlimit: -1n,
    datfrozenxid: 3n,
    datminmxid: 1n,
    dattablespace: BigInt(TABLESPACE_OID),
    datcollate: 'C',
    datctype: 'C',
    daticulocale: null,
    datcollversion: null,
    datacl: null,
  };
}

function languageRows(): readonly CatalogRow[] {
  const languages = [
    [12n, 'internal', 0n],
    [13n, 'c', 0n],
    [14n, 'sql', 1n],
  ] as const;
  return languages.map(([oid, name, trusted]) => ({
    oid,
    lanname: name,
    lanowner: OWNER,
    lanispl: 0n,
    lanpltrusted: trusted,
    lanplcallfoid: 0n,
    laninline: 0n,
    lanvalidator: 0n,
    lanacl: null,
  }));
}

function tablespaceRows(): readonly CatalogRow[] {
  return [
    [BigInt(TABLESPACE_OID), 'pg_default'] as const,
    [BigInt(TABLESPACE_OID + 1), 'pg_global'] as const,
  ].map(([oid, name]) => ({ oid, spcname: name, spcowner: OWNER, spcacl: null, spcoptions: null }));
}

function descriptionRows(): readonly CatalogRow[] {
  return [
    {
      objoid: BigInt(SCHEMA_OID.public),
      classoid: BigInt(CLASS_OID.pg_namespace),
      objsubid: 0n,
      description: 'standard public schema',
    },
    {
      objoid: BigInt(SCHEMA_OID.pg_catalog),
      classoid: BigInt(CLASS_OID.pg_namespace),
      objsubid: 0n,
      description: 'system catalog schema',
    },
  ];
}

/** All rows of a new database by table; tables without rows are there too. */
export function bootstrapRows(facts: ProgramFacts): ReadonlyMap<string, readonly CatalogRow[]> {
  const relations = [...SYSTEM_TABLES, ...SYSTEM_VIEW_TEXTS.map(({ relation }) => relation)];
  const filled: Readonly<Record<string, readonly CatalogRow[]>> = {
    pg_namespace: namespaceRows(),
    pg_class: relations.map(relationClassRow),
    pg_attribute: relations.flatMap(relationAttributeRows),
    pg_rewrite: SYSTEM_VIEW_TEXTS.map(ruleRow),
    pg_type: TYPES.map(typeRow),
    pg_range: rangeRows(),
    pg_proc: routineRows(facts),
    pg_operator: operatorRows(facts),
    pg_cast: castRows(facts),
    pg_am: accessMethodRows(),
    pg_opclass: operatorClassRows(),
    pg_opfamily: operatorFamilyRows(),
    pg_collation: collationRows(),
    pg_authid: [roleRow(OWNER, 'postgres'), ...PREDEFINED_ROLES.map((role) => roleRow(...role))],
    pg_init_privs: initialPrivilegeRows(),
    pg_database: [databaseRow(facts.databaseName)],
    pg_language: languageRows(),
    pg_tablespace: tablespaceRows(),
    pg_description: descriptionRows(),
  };
  return new Map(SYSTEM_TABLES.map(({ name }) => [name, filled[name] ?? []]));
}
