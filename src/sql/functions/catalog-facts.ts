// Encodings, sizes and other facts of the database that tools ask for. Sizes of single objects
// are not measured: they read as 0.
import { BOOL, CHAR, INT2, INT4, INT8, NAME, OID, TEXT } from '../../types/oids.ts';
import { accessMethodName } from '../../catalog/definition-text.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { boolean, catalogOf, REGCLASS, rowByOid, STABLE } from './catalog-context.ts';
import type { CallContext, FunctionSignature } from './signature.ts';

/** Numbers of encodings as Postgres has them (PG: pg_wchar.h); the others are unknown here. */
const ENCODINGS: readonly (readonly [number: bigint, name: string])[] = [
  [0n, 'SQL_ASCII'],
  [6n, 'UTF8'],
  [8n, 'LATIN1'],
];

function encodingNumber(name: string): bigint {
  const wanted = name.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const alias = wanted === 'UNICODE' ? 'UTF8' : wanted;
  const found = ENCODINGS.find(([, known]) => known.replace('_', '') === alias);
  return found?.[0] ?? -1n;
}

const INT2_ARRAY = 1005;
/** PG: NAMEDATALEN. */
const NAME_BYTES = 64;

/** Properties of btree, the way every index works here (PG: table 9.73). */
const METHOD_PROPERTIES: Readonly<Record<string, boolean>> = {
  can_order: true,
  can_unique: true,
  can_multi_col: true,
  can_exclude: true,
  can_include: true,
};
const INDEX_PROPERTIES: Readonly<Record<string, boolean>> = {
  clusterable: true,
  index_scan: true,
  bitmap_scan: true,
  backward_scan: true,
};

function columnProperty(
  [oid, column, property]: readonly SqliteValue[],
  context: CallContext,
): SqliteValue {
  const catalog = catalogOf(context);
  const row = rowByOid(catalog, 'pg_index', oid, 'indexrelid');
  if (row === null) return null;
  const options = String(row['indoption']).split(' ').map(Number);
  const option = options[Number(column) - 1];
  if (option === undefined) return null;
  const isOrderable = accessMethodName(catalog, Number(oid)) === 'btree';
  switch (String(property).toLowerCase()) {
    case 'asc':
      return boolean(isOrderable && (option & 1) === 0);
    case 'desc':
      return boolean(isOrderable && (option & 1) !== 0);
    case 'nulls_first':
      return boolean(isOrderable && (option & 2) !== 0);
    case 'nulls_last':
      return boolean(isOrderable && (option & 2) === 0);
    case 'orderable':
    case 'returnable':
    case 'search_array':
    case 'search_nulls':
      return boolean(isOrderable);
    case 'distance_orderable':
      return 0n;
    default:
      return null;
  }
}

function property(
  known: Readonly<Record<string, boolean>>,
  name: SqliteValue | undefined,
): SqliteValue {
  const value = known[String(name).toLowerCase()];
  return value === undefined ? null : boolean(value);
}

const zero = js('pg_no_size', () => 0n);

export const FACT_FUNCTIONS: readonly FunctionSignature[] = [
  // Subscripts of names.
  fn(
    'pg_byte_of_name',
    [NAME, INT8],
    CHAR,
    js('pg_byte_of_name', ([name, at]) => {
      const position = Number(at);
      if (position < 0 || position >= NAME_BYTES) return null;
      return String(name)[position] ?? '';
    }),
  ),
  fn(
    'array_position',
    [INT2_ARRAY, INT2],
    INT4,
    js('pg_int2_position', ([array, wanted]) => {
      const items = String(array).slice(1, -1).split(',');
      const at = items.indexOf(String(wanted));
      return at < 0 ? null : BigInt(at + 1);
    }),
  ),
  fn(
    'pg_encoding_to_char',
    [INT4],
    NAME,
    js(
      'pg_encoding_to_char',
      ([wanted]) => ENCODINGS.find(([encoding]) => encoding === wanted)?.[1] ?? '',
    ),
    STABLE,
  ),
  fn(
    'pg_char_to_encoding',
    [NAME],
    INT4,
    js('pg_char_to_encoding', ([name]) => encodingNumber(String(name))),
    STABLE,
  ),
  fn(
    'getdatabaseencoding',
    [],
    NAME,
    js('pg_database_encoding', () => 'UTF8'),
    STABLE,
  ),
  fn(
    'pg_client_encoding',
    [],
    NAME,
    js('pg_database_encoding', () => 'UTF8'),
    STABLE,
  ),
  ...['pg_relation_size', 'pg_table_size', 'pg_total_relation_size', 'pg_indexes_size'].map(
    (name) => fn(name, [REGCLASS], INT8, zero, STABLE),
  ),
  fn('pg_relation_size', [REGCLASS, TEXT], INT8, zero, STABLE),
  ...[NAME, OID].flatMap((type) => [
    fn('pg_database_size', [type], INT8, zero, STABLE),
    fn('pg_tablespace_size', [type], INT8, zero, STABLE),
  ]),
  fn(
    'pg_tablespace_location',
    [OID],
    TEXT,
    js('pg_tablespace_location', () => ''),
    STABLE,
  ),
  fn(
    'pg_relation_filenode',
    [REGCLASS],
    OID,
    js('pg_same_oid', ([oid]) => oid ?? null),
    STABLE,
  ),
  fn(
    'pg_my_temp_schema',
    [],
    OID,
    js('pg_my_temp_schema', () => 0n),
    STABLE,
  ),
  fn(
    'pg_is_other_temp_schema',
    [OID],
    BOOL,
    js('pg_is_other_temp_schema', () => 0n),
    STABLE,
  ),
  fn(
    'pg_indexam_has_property',
    [OID, TEXT],
    BOOL,
    js('pg_indexam_has_property', ([, name]) => property(METHOD_PROPERTIES, name)),
    STABLE,
  ),
  fn(
    'pg_index_has_property',
    [REGCLASS, TEXT],
    BOOL,
    js('pg_index_has_property', ([, name]) => property(INDEX_PROPERTIES, name)),
    STABLE,
  ),
  fn(
    'pg_index_column_has_property',
    [REGCLASS, INT4, TEXT],
    BOOL,
    js('pg_index_column_has_property', columnProperty),
    STABLE,
  ),
  fn(
    'pg_collation_actual_version',
    [OID],
    TEXT,
    js('pg_no_version', () => null),
    STABLE,
  ),
  fn(
    'pg_collation_for',
    [TEXT],
    TEXT,
    js('pg_collation_for', () => '"default"'),
    STABLE,
  ),
  fn(
    'pg_describe_object',
    [OID, OID, INT4],
    TEXT,
    js('pg_describe_object', ([, oid], context) => {
      const relation = catalogOf(context).relationByOid(Number(oid));
      return relation === null ? null : `${kindName(relation.kind)} ${relation.name}`;
    }),
    STABLE,
  ),
];

function kindName(kind: string): string {
  const names: Readonly<Record<string, string>> = {
    r: 'table',
    v: 'view',
    i: 'index',
    S: 'sequence',
  };
  return names[kind] ?? 'relation';
}
