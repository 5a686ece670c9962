// Aggregates and window functions. Those whose result SQLite computes alike are SQLite's own; sums
// of int8 and numeric are exact.
import { add, divide, formatDecimal, isSpecial, parseDecimal } from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { compareStored } from '../../types/compare-stored.ts';
import {
  BOOL,
  BPCHAR,
  BYTEA,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  NUMERIC,
  OID,
  TEXT,
} from '../../types/oids.ts';
import type { Oid, PgType } from '../../types/pg-type.ts';
import { allTypes, mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { bytesOfRow, checkLength, lengthOf } from './bounds.ts';
import { aggregate } from './builders.ts';
import type { AggregateSignature } from './signature.ts';
import { STATISTICS } from './statistics.ts';

interface Sum {
  readonly total: Decimal | string;
  readonly count: number;
}

function plus(state: Sum | null, value: SqliteValue): Sum {
  const text = String(value);
  const { total, count } = state ?? { total: { unscaled: 0n, scale: 0 }, count: 0 };
  if (typeof total === 'string' || isSpecial(text)) {
    const left = typeof total === 'string' ? Number(total) : 0;
    const right = isSpecial(text) ? Number(text) : 0;
    return { total: String(left + right), count: count + 1 };
  }
  return { total: add(total, parseDecimal(text)), count: count + 1 };
}

function exactSum(name: string, oid: Oid, finish: (sum: Sum) => SqliteValue): AggregateSignature {
  return aggregate(name, [oid], NUMERIC, {
    kind: 'js',
    sqlName: `pg_${name}_exact`,
    start: () => null,
    step: (state, [value = null]) => (value === null ? state : plus(state as Sum | null, value)),
    finish: (state) => (state === null ? null : finish(state as Sum)),
  });
}

function sumText({ total }: Sum): string {
  return typeof total === 'string' ? total : formatDecimal(total);
}

function average({ total, count }: Sum): string {
  if (typeof total === 'string') return total;
  return formatDecimal(divide(total, { unscaled: BigInt(count), scale: 0 }));
}

/** The last of equal values, as Postgres has it. */
function extreme(name: 'min' | 'max', oid: Oid): AggregateSignature {
  const sign = name === 'min' ? 1 : -1;
  const { keyOf = (value: SqliteValue) => value } = mustType(oid);
  return aggregate(name, [oid], oid, {
    kind: 'js',
    sqlName: `pg_${name}_${oid}`,
    start: () => null,
    step(state, [value = null]) {
      if (value === null) return state;
      const key = keyOf(value);
      const best = state as Extreme | null;
      if (best !== null && sign * compareStored(key, best.key) > 0) return best;
      return { value, key };
    },
    finish: (state) => (state as Extreme | null)?.value ?? null,
  });
}

interface Extreme {
  readonly value: SqliteValue;
  readonly key: SqliteValue;
}

/** All that have an order except boolean and json. */
type Part = readonly [by: SqliteValue, value: SqliteValue];

/** Values with the separators before them; the frame of a window begins at `first`. */
interface Concatenation {
  readonly parts: Part[];
  readonly first: number;
  readonly length: number;
}

type JsAggregate = Extract<AggregateSignature['implementation'], { readonly kind: 'js' }>;

function concatenation(
  join: (parts: readonly SqliteValue[]) => SqliteValue,
): Pick<JsAggregate, 'start' | 'step' | 'inverse' | 'finish'> {
  const lengthOfPart = ([by, value]: Part): number => lengthOf(by) + lengthOf(value);
  return {
    start: () => null,
    step(state, [value = null, by = null], context) {
      if (value === null) return state;
      const { parts, first, length } = (state ?? {
        parts: [],
        first: 0,
        length: 0,
      }) as Concatenation;
      const part: Part = [by, value];
      context.keep(bytesOfRow(part));
      checkLength(length + lengthOfPart(part));
      parts.push(part);
      return { parts, first, length: length + lengthOfPart(part) };
    },
    inverse(state, [value = null]) {
      if (value === null) return state;
      const { parts, first, length } = state as Concatenation;
      return { parts, first: first + 1, length: length - lengthOfPart(parts[first] as Part) };
    },
    finish(state, context) {
      if (state === null) return null;
      const { parts, first } = state as Concatenation;
      context.spend(parts.length - first);
      if (first === parts.length) return null;
      const [head, ...rest] = parts.slice(first);
      return join([(head as Part)[1], ...rest.flat()].filter((part) => part !== null));
    },
  };
}

const MIN_MAX_TYPES = allTypes().filter(
  ({ oid, name, category }) =>
    [INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC, OID, TEXT, BPCHAR].includes(oid) ||
    ['D', 'T'].includes(category) ||
    (category === 'A' && name.startsWith('_')),
);

function minAndMax({ oid, sortKey }: PgType): AggregateSignature[] {
  if (sortKey !== null) return [extreme('min', oid), extreme('max', oid)];
  return [aggregate('min', [oid], oid, native('min')), aggregate('max', [oid], oid, native('max'))];
}

function bitwise(
  name: string,
  oid: Oid,
  compute: (a: bigint, b: bigint) => bigint,
): AggregateSignature {
  return aggregate(name, [oid], oid, {
    kind: 'js',
    sqlName: `pg_${name}`,
    start: () => null,
    step: (state, [value = null]) =>
      value === null ? state : state === null ? value : compute(state as bigint, value as bigint),
    finish: (state) => state as bigint | null,
  });
}

function native(name: string): AggregateSignature['implementation'] {
  return { kind: 'sql', emit: (args) => `${name}(${args.join(', ')})` };
}

export const AGGREGATES: readonly AggregateSignature[] = [
  ...[INT2, INT4].map((oid) => aggregate('sum', [oid], INT8, native('sum'))),
  exactSum('sum', INT8, sumText),
  exactSum('sum', NUMERIC, sumText),
  ...[INT2, INT4, INT8, NUMERIC].map((oid) => exactSum('avg', oid, average)),
  ...MIN_MAX_TYPES.flatMap(minAndMax),
  ...[INT2, INT4, INT8].flatMap((oid) => [
    bitwise('bit_and', oid, (a, b) => a & b),
    bitwise('bit_or', oid, (a, b) => a | b),
    bitwise('bit_xor', oid, (a, b) => a ^ b),
  ]),
  ...STATISTICS,
  aggregate('bool_and', [BOOL], BOOL, native('min')),
  aggregate('every', [BOOL], BOOL, native('min')),
  aggregate('bool_or', [BOOL], BOOL, native('max')),
  aggregate('string_agg', [TEXT, TEXT], TEXT, {
    kind: 'js',
    sqlName: 'pg_string_agg',
    ...concatenation((parts) => parts.join('')),
  }),
  aggregate('string_agg', [BYTEA, BYTEA], BYTEA, {
    kind: 'js',
    sqlName: 'pg_string_agg_bytea',
    ...concatenation((parts) => Buffer.concat(parts as Uint8Array[])),
  }),
];

const NO_ARGUMENTS: readonly Oid[] = [];

/** With an OVER clause only. */
export const WINDOW_FUNCTIONS: readonly AggregateSignature[] = [
  ...['row_number', 'rank', 'dense_rank'].map((name) =>
    aggregate(name, NO_ARGUMENTS, INT8, native(name), { isWindowOnly: true }),
  ),
  ...['percent_rank', 'cume_dist'].map((name) =>
    aggregate(name, NO_ARGUMENTS, FLOAT8, native(name), { isWindowOnly: true }),
  ),
  aggregate('ntile', [INT4], INT4, native('ntile'), { isWindowOnly: true }),
];

/** Window functions over a value of any type; the result has that type. */
export const ANY_WINDOW_FUNCTIONS = ['lag', 'lead', 'first_value', 'last_value', 'nth_value'];
