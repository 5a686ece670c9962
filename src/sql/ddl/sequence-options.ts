// The options of CREATE SEQUENCE, ALTER SEQUENCE and identity columns (PG: sequence.c, init_params).
import type { CatalogRow } from '../../catalog/catalog.ts';
import { flag } from '../../catalog/catalog-rows.ts';
import { formatType } from '../../catalog/type-display.ts';
import { PgError } from '../../errors/pg-error.ts';
import { INT2, INT4, INT8 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import {
  asTag,
  child,
  flag as isFlag,
  integer,
  list,
  location,
  strings,
  text,
  type Node,
} from '../parse/node.ts';
import { characterPosition } from '../parse/parse.ts';
import type { SchemaEditor } from './schema-editor.ts';
import { declaredType } from './table-spec.ts';

export interface SequenceOptions {
  readonly type: Oid;
  readonly start: bigint;
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly cache: bigint;
  readonly isCycle: boolean;
  /** The next value, if RESTART says so. */
  readonly restart: bigint | null;
  readonly ownedBy: readonly string[] | null;
}

const LIMITS: ReadonlyMap<Oid, readonly [lowest: bigint, highest: bigint]> = new Map([
  [INT2, [-32768n, 32767n]],
  [INT4, [-2147483648n, 2147483647n]],
  [INT8, [-9223372036854775808n, 9223372036854775807n]],
]);

function limitsOf(type: Oid): readonly [lowest: bigint, highest: bigint] {
  return LIMITS.get(type) ?? [1n, 1n];
}

/** The options that the statement gives, by name. */
class Given {
  readonly #editor: SchemaEditor;
  readonly #nodes = new Map<string, Node | null>();

  /** Throws 42601 for one that is given twice. */
  constructor(editor: SchemaEditor, nodes: readonly Node[]) {
    this.#editor = editor;
    for (const node of nodes) {
      const option = asTag(node, 'DefElem') ?? {};
      const name = text(option, 'defname');
      if (this.#nodes.has(name)) {
        throw new PgError('42601', 'conflicting or redundant options', {
          position: characterPosition(editor.source, location(option)),
        });
      }
      this.#nodes.set(name, child(option, 'arg'));
    }
  }

  has(name: string): boolean {
    return this.#nodes.has(name);
  }

  /** null: not given, or without a value (NO MAXVALUE). */
  number(name: string): bigint | null {
    const node = this.#nodes.get(name) ?? null;
    const whole = asTag(node, 'Integer');
    if (whole !== null) return BigInt(integer(whole, 'ival'));
    const long = asTag(node, 'Float');
    return long === null ? null : longOf(text(long, 'fval'));
  }

  boolean(name: string): boolean {
    return isFlag(asTag(this.#nodes.get(name), 'Boolean') ?? {}, 'boolval');
  }

  names(name: string): readonly string[] | null {
    const found = asTag(this.#nodes.get(name), 'List');
    return found === null ? null : strings(list(found, 'items'));
  }

  /** Throws 22023. */
  type(): Oid | null {
    const node = this.#nodes.get('as') ?? null;
    if (node === null) return null;
    const { type } = declaredType(this.#editor, asTag(node, 'TypeName') ?? {});
    if (LIMITS.has(type)) return type;
    throw new PgError('22023', 'sequence type must be smallint, integer, or bigint');
  }
}

/** Throws as int8in does. */
function longOf(written: string): bigint {
  const [lowest, highest] = limitsOf(INT8);
  const isWhole = /^[+-]?\d+$/.test(written);
  if (!isWhole) throw new PgError('22P02', `invalid input syntax for type bigint: "${written}"`);
  const value = BigInt(written);
  if (value >= lowest && value <= highest) return value;
  throw new PgError('22003', `value "${written}" is out of range for type bigint`);
}

/** As pg_sequence has them. */
function optionsOfRow(row: CatalogRow): Omit<SequenceOptions, 'restart' | 'ownedBy'> {
  const value = (column: string): bigint => row[column] as bigint;
  return {
    type: Number(row['seqtypid']),
    start: value('seqstart'),
    increment: value('seqincrement'),
    min: value('seqmin'),
    max: value('seqmax'),
    cache: value('seqcache'),
    isCycle: row['seqcycle'] === 1n,
  };
}

export function rowOfOptions(options: SequenceOptions): CatalogRow {
  return {
    seqtypid: BigInt(options.type),
    seqstart: options.start,
    seqincrement: options.increment,
    seqmax: options.max,
    seqmin: options.min,
    seqcache: options.cache,
    seqcycle: flag(options.isCycle),
  };
}

/** Throws 22023. */
export function checkIdentityType(type: Oid): void {
  if (LIMITS.has(type)) return;
  throw new PgError('22023', 'identity column type must be smallint, integer, or bigint');
}

/** Of a new sequence. Throws 22023, 42601. */
export function sequenceOptions(
  editor: SchemaEditor,
  nodes: readonly Node[],
  impliedType: Oid | null,
): SequenceOptions {
  const given = new Given(editor, nodes);
  return resolve(given, impliedType ?? given.type() ?? INT8, null);
}

/** Of one that has the row in pg_sequence. Throws 22023, 42601. */
export function changedOptions(
  editor: SchemaEditor,
  nodes: readonly Node[],
  row: CatalogRow,
): SequenceOptions {
  const given = new Given(editor, nodes);
  const before = optionsOfRow(row);
  return resolve(given, given.type() ?? before.type, before);
}

function resolve(
  given: Given,
  type: Oid,
  before: ReturnType<typeof optionsOfRow> | null,
): SequenceOptions {
  const increment = given.number('increment') ?? before?.increment ?? 1n;
  if (increment === 0n) throw new PgError('22023', 'INCREMENT must not be zero');
  const isUp = increment > 0n;
  const [lowest, highest] = limitsOf(type);
  const [lowestBefore, highestBefore] = limitsOf(before?.type ?? type);
  const isRetyped = before !== null && before.type !== type;
  // Limits that were those of the type follow it.
  const max = limit(given, 'maxvalue', {
    before: before?.max ?? null,
    isFollowing: isRetyped && before.max === highestBefore,
    ofType: highest,
    usual: isUp ? highest : -1n,
  });
  const min = limit(given, 'minvalue', {
    before: before?.min ?? null,
    isFollowing: isRetyped && before.min === lowestBefore,
    ofType: lowest,
    usual: isUp ? 1n : lowest,
  });
  checkLimits(type, min, max);
  const start = given.number('start') ?? before?.start ?? (isUp ? min : max);
  checkWithin('START value', start, min, max);
  const restart = given.has('restart') ? (given.number('restart') ?? start) : null;
  if (restart !== null) checkWithin('RESTART value', restart, min, max);
  const cache = given.number('cache') ?? before?.cache ?? 1n;
  if (cache < 1n) throw new PgError('22023', `CACHE (${cache}) must be greater than zero`);
  const isCycle = given.has('cycle') ? given.boolean('cycle') : (before?.isCycle ?? false);
  const ownedBy = given.names('owned_by');
  return { type, start, increment, min, max, cache, isCycle, restart, ownedBy };
}

function limit(
  given: Given,
  name: string,
  {
    before,
    isFollowing,
    ofType,
    usual,
  }: {
    readonly before: bigint | null;
    readonly isFollowing: boolean;
    readonly ofType: bigint;
    readonly usual: bigint;
  },
): bigint {
  const value = given.number(name);
  if (value !== null) return value;
  if (isFollowing) return ofType;
  return given.has(name) || before === null ? usual : before;
}

function checkLimits(type: Oid, min: bigint, max: bigint): void {
  const [lowest, highest] = limitsOf(type);
  for (const [name, value] of [
    ['MAXVALUE', max],
    ['MINVALUE', min],
  ] as const) {
    if (value >= lowest && value <= highest) continue;
    throw new PgError(
      '22023',
      `${name} (${value}) is out of range for sequence data type ${formatType(type, null)}`,
    );
  }
  if (min < max) return;
  throw new PgError('22023', `MINVALUE (${min}) must be less than MAXVALUE (${max})`);
}

function checkWithin(what: string, value: bigint, min: bigint, max: bigint): void {
  if (value < min) {
    throw new PgError('22023', `${what} (${value}) cannot be less than MINVALUE (${min})`);
  }
  if (value > max) {
    throw new PgError('22023', `${what} (${value}) cannot be greater than MAXVALUE (${max})`);
  }
}
