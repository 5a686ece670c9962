// Aggregates and window functions. Those whose result SQLite computes alike are SQLite's own; sums
// of int8 and numeric are exact.
import { add, divide, formatDecimal, isSpecial, parseDecimal } from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { decimalSortKey } from '../../types/decimal.ts';
import { fromFloat, toFloat } from '../../types/floats.ts';
import {
  BOOL,
  BYTEA,
  DATE,
  FLOAT4,
  FLOAT8,
  INT2,
  INT4,
  INT8,
  NUMERIC,
  TEXT,
  TIMESTAMP,
  TIMESTAMPTZ,
} from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { aggregate } from './builders.ts';
import type { AggregateSignature } from './signature.ts';

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

interface FloatSum {
  readonly total: number;
  readonly count: number;
}

function floatAggregate(name: 'sum' | 'avg', oid: Oid): AggregateSignature {
  return aggregate(name, [oid], name === 'sum' ? oid : FLOAT8, {
    kind: 'js',
    sqlName: `pg_${name}_${oid}`,
    start: () => null,
    step(state, [value = null]) {
      if (value === null) return state;
      const { total, count } = (state as FloatSum | null) ?? { total: 0, count: 0 };
      return { total: total + toFloat(value), count: count + 1 };
    },
    finish(state) {
      if (state === null) return null;
      const { total, count } = state as FloatSum;
      const result = name === 'sum' ? total : total / count;
      return fromFloat(oid === FLOAT4 && name === 'sum' ? Math.fround(result) : result);
    },
  });
}

function extreme(name: 'min' | 'max'): AggregateSignature {
  const isBetter = (a: string, b: string): boolean =>
    name === 'min' ? decimalSortKey(a) < decimalSortKey(b) : decimalSortKey(a) > decimalSortKey(b);
  return aggregate(name, [NUMERIC], NUMERIC, {
    kind: 'js',
    sqlName: `pg_${name}_numeric`,
    start: () => null,
    step(state, [value = null]) {
      if (value === null) return state;
      const text = String(value);
      return state === null || isBetter(text, state as string) ? text : state;
    },
    finish: (state) => state as string | null,
  });
}

const MIN_MAX_TYPES = [INT2, INT4, INT8, FLOAT4, FLOAT8, TEXT, DATE, TIMESTAMP, TIMESTAMPTZ];

function native(name: string): AggregateSignature['implementation'] {
  return { kind: 'sql', emit: (args) => `${name}(${args.join(', ')})` };
}

export const AGGREGATES: readonly AggregateSignature[] = [
  ...[INT2, INT4].map((oid) => aggregate('sum', [oid], INT8, native('sum'))),
  exactSum('sum', INT8, sumText),
  exactSum('sum', NUMERIC, sumText),
  ...[INT2, INT4, INT8, NUMERIC].map((oid) => exactSum('avg', oid, average)),
  ...[FLOAT4, FLOAT8].flatMap((oid) => [floatAggregate('sum', oid), floatAggregate('avg', oid)]),
  ...MIN_MAX_TYPES.flatMap((oid) => [
    aggregate('min', [oid], oid, native('min')),
    aggregate('max', [oid], oid, native('max')),
  ]),
  extreme('min'),
  extreme('max'),
  aggregate('bool_and', [BOOL], BOOL, native('min')),
  aggregate('every', [BOOL], BOOL, native('min')),
  aggregate('bool_or', [BOOL], BOOL, native('max')),
  aggregate('string_agg', [TEXT, TEXT], TEXT, native('group_concat')),
  aggregate('string_agg', [BYTEA, BYTEA], BYTEA, {
    kind: 'js',
    sqlName: 'pg_string_agg_bytea',
    start: () => null,
    step: (state, [value = null, by = null]) =>
      value === null
        ? state
        : state === null
          ? Buffer.from(value as Uint8Array)
          : Buffer.concat([
              state as Buffer,
              (by ?? Buffer.alloc(0)) as Uint8Array,
              value as Uint8Array,
            ]),
    finish: (state) => state as Buffer | null,
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
