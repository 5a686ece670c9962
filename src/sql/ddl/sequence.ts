// CREATE SEQUENCE, and the sequences behind serial and identity columns. Where a sequence is stands in
// a row of "balsa.sequence", by its oid.
import type { Relation } from '../../catalog/catalog.ts';
import { number } from '../../catalog/relation-from-rows.ts';
import { attributeRow, classRow, dependRow, flag } from '../../catalog/catalog-rows.ts';
import { CLASS_OID } from '../../catalog/system/oids.ts';
import { formatType } from '../../catalog/type-display.ts';
import { PgError } from '../../errors/pg-error.ts';
import { BOOL, INT2, INT4, INT8 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import {
  asTag,
  child,
  flag as isFlag,
  inner,
  integer,
  list,
  strings,
  text,
  type Fields,
  type Node,
} from '../parse/node.ts';
import { chooseName } from './object-name.ts';
import { isRelationName } from './constraints.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { declaredType } from './table-spec.ts';
import { creationSchema, findTable, listName, rangeName, schemaOid } from './target.ts';

export interface SequenceOptions {
  readonly type: Oid;
  readonly start: bigint;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly cache: bigint;
  readonly isCycle: boolean;
  readonly ownedBy: readonly string[] | null;
}

const LIMITS: ReadonlyMap<Oid, readonly [bigint, bigint]> = new Map([
  [INT2, [-32768n, 32767n]],
  [INT4, [-2147483648n, 2147483647n]],
  [INT8, [-9223372036854775808n, 9223372036854775807n]],
]);

function numberOf(node: Node | null): bigint | null {
  const whole = asTag(node, 'Integer');
  if (whole !== null) return BigInt(integer(whole, 'ival'));
  const long = asTag(node, 'Float');
  return long === null ? null : BigInt(text(long, 'fval'));
}

/** Options by name; the same one twice is 42601. */
function optionMap(nodes: readonly Node[]): ReadonlyMap<string, Node | null> {
  const found = new Map<string, Node | null>();
  for (const node of nodes) {
    const option = asTag(node, 'DefElem') ?? {};
    const name = text(option, 'defname');
    if (found.has(name)) throw new PgError('42601', 'conflicting or redundant options');
    found.set(name, child(option, 'arg'));
  }
  return found;
}

function sequenceType(editor: SchemaEditor, node: Node | null | undefined): Oid {
  if (node === null || node === undefined) return INT8;
  const { type } = declaredType(editor, asTag(node, 'TypeName') ?? {});
  if (!LIMITS.has(type)) {
    throw new PgError('22023', 'sequence type must be smallint, integer, or bigint');
  }
  return type;
}

/** Throws 22023 as Postgres does (PG: init_params). */
export function sequenceOptions(
  editor: SchemaEditor,
  nodes: readonly Node[],
  impliedType: Oid | null,
): SequenceOptions {
  const options = optionMap(nodes);
  const type = impliedType ?? sequenceType(editor, options.get('as'));
  const [lowest, highest] = LIMITS.get(type) ?? [1n, 1n];
  const increment = numberOf(options.get('increment') ?? null) ?? 1n;
  if (increment === 0n) throw new PgError('22023', 'INCREMENT must not be zero');
  const isUp = increment > 0n;
  const max = numberOf(options.get('maxvalue') ?? null) ?? (isUp ? highest : -1n);
  const min = numberOf(options.get('minvalue') ?? null) ?? (isUp ? 1n : lowest);
  const typeName = formatType(type, null);
  if (max > highest || max < lowest) {
    throw new PgError(
      '22023',
      `MAXVALUE (${max}) is out of range for sequence data type ${typeName}`,
    );
  }
  if (min > highest || min < lowest) {
    throw new PgError(
      '22023',
      `MINVALUE (${min}) is out of range for sequence data type ${typeName}`,
    );
  }
  if (min >= max) {
    throw new PgError('22023', `MINVALUE (${min}) must be less than MAXVALUE (${max})`);
  }
  const start = numberOf(options.get('start') ?? null) ?? (isUp ? min : max);
  if (start < min) {
    throw new PgError('22023', `START value (${start}) cannot be less than MINVALUE (${min})`);
  }
  if (start > max) {
    throw new PgError('22023', `START value (${start}) cannot be greater than MAXVALUE (${max})`);
  }
  const cache = numberOf(options.get('cache') ?? null) ?? 1n;
  if (cache < 1n) throw new PgError('22023', `CACHE (${cache}) must be greater than zero`);
  const owner = asTag(options.get('owned_by'), 'List');
  return {
    type,
    start,
    increment,
    min,
    max,
    cache,
    isCycle: isFlag(asTag(options.get('cycle'), 'Boolean') ?? {}, 'boolval'),
    ownedBy: owner === null ? null : strings(list(owner, 'items')),
  };
}

/** Makes a sequence in the catalog and in SQLite; gives its oid. */
export function makeSequence(
  editor: SchemaEditor,
  place: { readonly schema: string; readonly name: string },
  options: SequenceOptions,
): Oid {
  const oid = editor.allocateOid();
  const columns = [
    ['last_value', INT8],
    ['log_cnt', INT8],
    ['is_called', BOOL],
  ] as const;
  editor.change(
    {
      kind: 'insert',
      table: 'pg_class',
      row: classRow({
        oid,
        name: place.name,
        schemaOid: schemaOid(editor, place.schema),
        kind: 'S',
        columnCount: columns.length,
      }),
    },
    ...columns.map(
      ([name, type], i) =>
        ({
          kind: 'insert',
          table: 'pg_attribute',
          row: attributeRow({ relationOid: oid, name, number: i + 1, type, notNull: true }),
        }) as const,
    ),
    {
      kind: 'insert',
      table: 'pg_sequence',
      row: {
        seqrelid: BigInt(oid),
        seqtypid: BigInt(options.type),
        seqstart: options.start,
        seqincrement: options.increment,
        seqmax: options.max,
        seqmin: options.min,
        seqcache: options.cache,
        seqcycle: flag(options.isCycle),
      },
    },
  );
  editor.sqlite('INSERT INTO "balsa.sequence" VALUES (?, ?, 0, 0)', [BigInt(oid), options.start]);
  // Says the same again, to the transaction: it is the only one that knows the sequence.
  setPosition(editor, oid, options.start);
  return oid;
}

/** To its start, as if nextval() had never been called. */
export function restartSequence(editor: SchemaEditor, sequence: Relation): void {
  const row = editor.catalog
    .rows('pg_sequence')
    .find((entry) => number(entry, 'seqrelid') === sequence.oid);
  setPosition(editor, sequence.oid, (row?.['seqstart'] ?? 1n) as bigint);
}

/** Through a function: the machine holds sequences in memory. */
function setPosition(editor: SchemaEditor, oid: Oid, next: bigint): void {
  editor.sqlite('SELECT pg_setval(?, ?, 0)', [BigInt(oid), next]);
  editor.writes(oid);
}

/** The sequence goes with its column: `a` when it is only owned, `i` for an identity. */
export function ownSequence(
  editor: SchemaEditor,
  sequence: Oid,
  owner: { readonly tableOid: Oid; readonly column: number; readonly kind: 'a' | 'i' },
): void {
  editor.insert(
    'pg_depend',
    dependRow({
      classOid: CLASS_OID.pg_class,
      objectOid: sequence,
      referencedClassOid: CLASS_OID.pg_class,
      referencedOid: owner.tableOid,
      referencedSubId: owner.column,
      kind: owner.kind,
    }),
  );
}

/** The sequence of a serial or identity column, named `t_c_seq`. */
export function makeColumnSequence(
  editor: SchemaEditor,
  column: { readonly schema: string; readonly table: string; readonly name: string },
  options: SequenceOptions,
): Oid {
  const name = chooseName([column.table, column.name, 'seq'], (candidate) =>
    isRelationName(editor, column.schema, candidate),
  );
  return makeSequence(editor, { schema: column.schema, name }, options);
}

/** OWNED BY t.c: Throws 42601, 42P01, 42703. */
export function setOwner(editor: SchemaEditor, sequence: Oid, owner: readonly string[]): void {
  editor.delete('pg_depend', { objid: BigInt(sequence), deptype: 'a' });
  if (owner.length === 1 && owner[0]?.toLowerCase() === 'none') return;
  if (owner.length < 2) {
    throw new PgError('42601', 'invalid OWNED BY option', {
      hint: 'Specify OWNED BY table.column or OWNED BY NONE.',
    });
  }
  const table = findTable(editor, listName(owner.slice(0, -1)));
  const name = owner.at(-1) ?? '';
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    throw new PgError('42703', `column "${name}" of relation "${table.name}" does not exist`);
  }
  ownSequence(editor, sequence, { tableOid: table.oid, column: column.number, kind: 'a' });
}

export function createSequence(editor: SchemaEditor, fields: Fields): string {
  const range = inner(fields, 'sequence') ?? {};
  if (text(range, 'relpersistence') === 't') {
    throw new PgError('0A000', 'temporary sequences are not supported');
  }
  const target = rangeName(editor, range);
  const schema = creationSchema(editor, target);
  if (isRelationName(editor, schema, target.name)) {
    if (!isFlag(fields, 'if_not_exists')) {
      throw new PgError('42P07', `relation "${target.name}" already exists`);
    }
    editor.notice(`relation "${target.name}" already exists, skipping`, '42P07');
    return 'CREATE SEQUENCE';
  }
  const options = sequenceOptions(editor, list(fields, 'options'), null);
  const oid = makeSequence(editor, { schema, name: target.name }, options);
  if (options.ownedBy !== null) setOwner(editor, oid, options.ownedBy);
  return 'CREATE SEQUENCE';
}
