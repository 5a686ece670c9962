// Objects by name and names by object: the reg* types, to_reg*, format_type
// (PG: 8.19 Object Identifier Types). A reg* value is stored as its oid.
import type { Catalog, CatalogRow, Relation } from '../../catalog/catalog.ts';
import type { Viewer } from '../../catalog/definition-text.ts';
import { quoteIdentifier } from '../../catalog/quote-identifier.ts';
import { effectivePath, findRelation, relationDisplayName } from '../../catalog/search-path.ts';
import { formatType } from '../../catalog/type-display.ts';
import { PgError } from '../../errors/pg-error.ts';
import { INT4, NAME, OID, TEXT, VARCHAR } from '../../types/oids.ts';
import { allTypes, typeByName } from '../../types/registry.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { cast, fn, js } from './builders.ts';
import {
  BY_PATH,
  catalogOf,
  OIDVECTOR,
  REGCLASS,
  REGCOLLATION,
  REGNAMESPACE,
  REGOPER,
  REGOPERATOR,
  REGPROC,
  REGPROCEDURE,
  REGROLE,
  REGTYPE,
  rowByOid,
  STABLE,
  viewerOf,
} from './catalog-context.ts';
import type { CallContext, CastSignature, FunctionSignature } from './signature.ts';

/** `a."B c"` as its parts, folded as the parser folds them; 42602 if it is no name. */
export function splitQualifiedName(text: string): readonly string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*))\s*(\.|$)/uy;
  while (pattern.lastIndex < text.length || parts.length === 0) {
    const match = pattern.exec(text);
    if (match === null) throw new PgError('42602', 'invalid name syntax');
    const [, quoted, plain, separator] = match;
    parts.push(quoted?.replaceAll('""', '"') ?? (plain ?? '').toLowerCase());
    if (separator === '') break;
    if (pattern.lastIndex >= text.length) throw new PgError('42602', 'invalid name syntax');
  }
  return parts;
}

/** The relation that a text names, or null. */
export function resolveRelation(viewer: Viewer, text: string): Relation | null {
  const parts = splitQualifiedName(text);
  const [first = '', second] = parts.slice(-2);
  if (second === undefined) return findRelation(viewer.catalog, viewer.path, first);
  return viewer.catalog.relation(first, second);
}

export function undefinedRelation(text: string): PgError {
  return new PgError('42P01', `relation "${splitQualifiedName(text).join('.')}" does not exist`);
}

type Lookup = (viewer: Viewer, text: string) => Oid | null;
type Display = (viewer: Viewer, oid: Oid) => string | null;

/** One reg* type: how a text names an object, and how an object is shown. */
interface RegType {
  readonly type: Oid;
  readonly name: string;
  readonly find: Lookup;
  readonly show: Display;
  undefinedError(text: string): PgError;
}

function bySchemaAndName(table: string, nameColumn: string, schemaColumn: string): Lookup {
  return (viewer, text) => {
    const parts = splitQualifiedName(text);
    const name = parts.at(-1);
    const [schema] = parts.length > 1 ? parts : [];
    const schemas = schema === undefined ? effectivePath(viewer.catalog, viewer.path) : [schema];
    const { catalog } = viewer;
    for (const candidate of schemas) {
      const namespace = namedRow(catalog, 'pg_namespace', 'nspname', candidate)?.['oid'];
      const row = catalog
        .rows(table)
        .find((entry) => entry[nameColumn] === name && entry[schemaColumn] === namespace);
      if (row !== undefined) return Number(row['oid']);
    }
    return null;
  };
}

function namedRow(
  catalog: Catalog,
  table: string,
  column: string,
  name: SqliteValue | undefined,
): CatalogRow | undefined {
  return catalog.rows(table).find((row) => row[column] === name);
}

function byName(table: string, column: string): Lookup {
  return ({ catalog }, text) => {
    const row = namedRow(catalog, table, column, splitQualifiedName(text).at(-1));
    return row === undefined ? null : Number(row['oid']);
  };
}

function nameIn(table: string, column: string): Display {
  return ({ catalog }, oid) => {
    const row = rowByOid(catalog, table, BigInt(oid));
    return row === null ? null : quoteIdentifier(String(row[column]));
  };
}

const MULTIWORD_TYPES: ReadonlyMap<string, Oid> = new Map([
  ...allTypes().map((type) => [type.displayName, type.oid] as const),
  ...(['int:int4', 'float:float8', 'decimal:numeric', 'char:bpchar', 'real:float4'] as const).map(
    (pair) => {
      const [alias = '', name = ''] = pair.split(':');
      return [alias, typeByName(name)?.oid ?? 0] as const;
    },
  ),
]);

/** `integer`, `pg_catalog.int4`, `text[]`, `character varying(20)`. */
function findType(viewer: Viewer, text: string): Oid | null {
  const trimmed = text.trim().replace(/\(\s*\d+(\s*,\s*\d+)?\s*\)/, '');
  if (trimmed.endsWith('[]')) {
    const element = findType(viewer, trimmed.slice(0, -2));
    if (element === null) return null;
    const row = rowByOid(viewer.catalog, 'pg_type', BigInt(element));
    return Number(row?.['typarray'] ?? 0) || null;
  }
  const words = trimmed.toLowerCase().replace(/\s+/g, ' ');
  const known = MULTIWORD_TYPES.get(words);
  if (known !== undefined && known !== 0) return known;
  return bySchemaAndName('pg_type', 'typname', 'typnamespace')(viewer, trimmed);
}

function undefinedObject(what: string): (text: string) => PgError {
  return (text) => new PgError('42704', `${what} "${text}" does not exist`);
}

function undefinedFunction(what: string): (text: string) => PgError {
  return (text) => new PgError('42883', `${what} "${text}" does not exist`);
}

const findRoutine: Lookup = (viewer, text) =>
  bySchemaAndName('pg_proc', 'proname', 'pronamespace')(viewer, text.replace(/\(.*$/, ''));

/** Throws 42725 where the name alone does not tell which. */
const findOnlyRoutine: Lookup = (viewer, text) => {
  const oid = findRoutine(viewer, text);
  const row = oid === null ? null : rowByOid(viewer.catalog, 'pg_proc', BigInt(oid));
  const isSame = (other: CatalogRow): boolean =>
    other['proname'] === row?.['proname'] && other['pronamespace'] === row?.['pronamespace'];
  if (row !== null && viewer.catalog.rows('pg_proc').filter(isSame).length > 1) {
    throw new PgError('42725', `more than one function named "${text}"`);
  }
  return oid;
};

const findOperator: Lookup = ({ catalog }, text) => {
  const name = text.replace(/^.*\./, '').replace(/\(.*$/, '');
  const row = namedRow(catalog, 'pg_operator', 'oprname', name);
  return row === undefined ? null : Number(row['oid']);
};

const REG_TYPES: readonly RegType[] = [
  {
    type: REGCLASS,
    name: 'regclass',
    find: (viewer, text) => resolveRelation(viewer, text)?.oid ?? null,
    show: ({ catalog, path }, oid) => relationDisplayName(catalog, path, oid),
    undefinedError: undefinedRelation,
  },
  {
    type: REGTYPE,
    name: 'regtype',
    find: findType,
    show: ({ catalog }, oid) =>
      rowByOid(catalog, 'pg_type', BigInt(oid)) === null ? null : formatType(oid, null),
    undefinedError: undefinedObject('type'),
  },
  {
    type: REGNAMESPACE,
    name: 'regnamespace',
    find: byName('pg_namespace', 'nspname'),
    show: nameIn('pg_namespace', 'nspname'),
    undefinedError: (text) => new PgError('3F000', `schema "${text}" does not exist`),
  },
  {
    type: REGROLE,
    name: 'regrole',
    find: byName('pg_authid', 'rolname'),
    show: nameIn('pg_authid', 'rolname'),
    undefinedError: undefinedObject('role'),
  },
  {
    type: REGCOLLATION,
    name: 'regcollation',
    find: byName('pg_collation', 'collname'),
    show: nameIn('pg_collation', 'collname'),
    undefinedError: undefinedObject('collation'),
  },
  ...(
    [
      ['regproc', REGPROC],
      ['regprocedure', REGPROCEDURE],
    ] as const
  ).map(([name, type]) => ({
    type,
    name,
    find: name === 'regproc' ? findOnlyRoutine : findRoutine,
    show: nameIn('pg_proc', 'proname'),
    undefinedError: undefinedFunction('function'),
  })),
  ...(
    [
      ['regoper', REGOPER],
      ['regoperator', REGOPERATOR],
    ] as const
  ).map(([name, type]) => ({
    type,
    name,
    find: findOperator,
    show: (({ catalog }, oid) => {
      const row = rowByOid(catalog, 'pg_operator', BigInt(oid));
      return row === null ? null : String(row['oprname']);
    }) satisfies Display,
    undefinedError: (text: string) => new PgError('42883', `operator does not exist: ${text}`),
  })),
];

/** The type's input: a name, digits of an oid, or `-` for none. */
function input(regType: RegType, text: string, context: CallContext): bigint {
  const trimmed = text.trim();
  if (trimmed === '-') return 0n;
  if (/^\d+$/.test(trimmed)) return BigInt(trimmed);
  const oid = regType.find(viewerOf(context), text);
  if (oid === null) throw regType.undefinedError(text);
  return BigInt(oid);
}

function output(regType: RegType, oid: SqliteValue | undefined, context: CallContext): string {
  if (oid === 0n) return '-';
  return regType.show(viewerOf(context), Number(oid)) ?? String(oid);
}

function find(regType: RegType, text: string, context: CallContext): SqliteValue {
  const trimmed = text.trim();
  // to_regclass and its siblings answer NULL for digits since they look for names only.
  if (/^\d+$/.test(trimmed) || trimmed === '') return null;
  const oid = regType.find(viewerOf(context), text);
  return oid === null ? null : BigInt(oid);
}

/** Casts from and to text; integers and oid convert as they are. */
export const CATALOG_CASTS: readonly CastSignature[] = REG_TYPES.flatMap((regType) => {
  const { type, name } = regType;
  const parse = js(`pg_${name}_in`, ([text], context) => input(regType, String(text), context));
  const show = js(`pg_${name}_out`, ([oid], context) => output(regType, oid, context));
  return [
    // Postgres has text to regclass alone as a cast of its own; the others go through input.
    cast(TEXT, type, name === 'regclass' ? 'implicit' : 'explicit', parse, BY_PATH),
    cast(VARCHAR, type, name === 'regclass' ? 'implicit' : 'explicit', parse, BY_PATH),
    cast(type, TEXT, 'assignment', show, BY_PATH),
    cast(type, VARCHAR, 'assignment', show, BY_PATH),
    cast(type, NAME, 'assignment', show, BY_PATH),
  ];
});

export const NAME_FUNCTIONS: readonly FunctionSignature[] = [
  ...REG_TYPES.flatMap((regType) => {
    const { type, name } = regType;
    const parse = js(`pg_${name}_in`, ([text], context) => input(regType, String(text), context));
    const show = js(`pg_${name}_out`, ([oid], context) => output(regType, oid, context));
    return [
      fn(`${name}in`, [TEXT], type, parse, BY_PATH),
      fn(`${name}out`, [type], TEXT, show, BY_PATH),
      fn(
        `to_${name}`,
        [TEXT],
        type,
        js(`pg_to_${name}`, ([text], context) => find(regType, String(text), context)),
        BY_PATH,
      ),
    ];
  }),
  fn(
    'format_type',
    [OID, INT4],
    TEXT,
    js('pg_format_type', ([oid, typmod]) =>
      oid === null || oid === undefined
        ? null
        : formatType(Number(oid), typmod === null ? null : Number(typmod)),
    ),
    { ...STABLE, isStrict: false },
  ),
  fn(
    'oidvectortypes',
    [OIDVECTOR],
    TEXT,
    js('pg_oidvectortypes', ([vector]) =>
      String(vector)
        .split(' ')
        .filter((oid) => oid !== '')
        .map((oid) => formatType(Number(oid), null))
        .join(', '),
    ),
    STABLE,
  ),
  fn(
    'pg_get_userbyid',
    [OID],
    NAME,
    js('pg_get_userbyid', ([oid], context) => {
      const row = rowByOid(catalogOf(context), 'pg_authid', oid);
      return row === null ? `unknown (OID=${String(oid)})` : String(row['rolname']);
    }),
    STABLE,
  ),
];
