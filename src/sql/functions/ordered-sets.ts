// Ordered-set and hypothetical-set aggregates (PG: 9.21, tables 9.61 and 9.62): the compiler calls them
// with their direct arguments, then the values of WITHIN GROUP, each behind the oid of its type.
import { PgError } from '../../errors/pg-error.ts';
import { arrayItems, arrayOf } from '../../types/arrays.ts';
import { compareStored } from '../../types/compare-stored.ts';
import {
  addIntervals,
  intervalOfStored,
  multiplyInterval,
  negateInterval,
  storedInterval,
} from '../../types/datetime/interval.ts';
import { fromFloat, toFloat } from '../../types/floats.ts';
import { FLOAT8, INT8, INTERVAL } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { bytesOfRow } from './bounds.ts';
import { aggregate } from './builders.ts';
import { ANYARRAY, ANYELEMENT } from './pseudo-types.ts';
import type { AggregateSignature } from './signature.ts';

type JsAggregate = Extract<AggregateSignature['implementation'], { readonly kind: 'js' }>;

const FLOAT8_ARRAY = 1022;
const INTERVAL_ARRAY = 1187;

/** The values that are not NULL, in their order. */
interface Sorted {
  readonly direct: SqliteValue;
  readonly type: Oid;
  readonly values: SqliteValue[];
}

function sorted(
  sqlName: string,
  hasDirect: boolean,
  finish: (state: Sorted) => SqliteValue,
): JsAggregate {
  return {
    kind: 'js',
    sqlName,
    start: () => null,
    step(state, args, context) {
      const [type = null, value = null] = hasDirect ? args.slice(2) : args;
      const found = (state ?? {
        direct: hasDirect ? (args[1] ?? null) : null,
        type: Number(type),
        values: [],
      }) as Sorted;
      if (value === null) return found;
      context.keep(bytesOfRow([value]));
      found.values.push(value);
      return found;
    },
    finish(state, context) {
      if (state === null) return null;
      context.spend((state as Sorted).values.length);
      return finish(state as Sorted);
    },
  };
}

/** As %g of C. */
function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const [digits = '', exponent = ''] = value.toExponential(5).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(value.toPrecision(6)));
  const sign = power < 0 ? '-' : '+';
  return `${String(Number(digits))}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}

function fractionOf(value: SqliteValue): number {
  const fraction = toFloat(value);
  if (fraction >= 0 && fraction <= 1) return fraction;
  const shown = shortNumber(fraction);
  throw new PgError('22003', `percentile value ${shown} is not between 0 and 1`);
}

type AtFraction = (state: Sorted, fraction: number) => SqliteValue;

/** The first value whose position is at least the fraction. */
function discrete({ values }: Sorted, fraction: number): SqliteValue {
  return values[Math.max(Math.ceil(fraction * values.length), 1) - 1] ?? null;
}

/** Between the two values at the fraction. */
function continuous({ type, values }: Sorted, fraction: number): SqliteValue {
  const place = fraction * (values.length - 1);
  const first = values[Math.floor(place)] ?? null;
  const second = values[Math.ceil(place)] ?? null;
  if (Math.floor(place) === Math.ceil(place)) return first;
  const share = place - Math.floor(place);
  if (type === INTERVAL) {
    const [low, high] = [intervalOfStored(first), intervalOfStored(second)];
    const difference = addIntervals(high, negateInterval(low));
    return storedInterval(addIntervals(low, multiplyInterval(difference, share)));
  }
  const [low, high] = [toFloat(first), toFloat(second)];
  return fromFloat(low + share * (high - low));
}

function one(compute: AtFraction): (state: Sorted) => SqliteValue {
  return (state) => {
    if (state.direct === null) return null;
    const fraction = fractionOf(state.direct);
    return state.values.length === 0 ? null : compute(state, fraction);
  };
}

function many(compute: AtFraction): (state: Sorted) => SqliteValue {
  return (state) => {
    if (state.direct === null || state.values.length === 0) return null;
    const fractions = arrayItems(mustType(FLOAT8), state.direct).map((item) =>
      item === null ? null : fractionOf(item),
    );
    const items = fractions.map((fraction) =>
      fraction === null ? null : compute(state, fraction),
    );
    return arrayOf(mustType(state.type), items);
  };
}

/** Of the values that are most frequent, the first. */
function mode({ type, values }: Sorted): SqliteValue {
  const { keyOf = (value: SqliteValue) => value } = mustType(type);
  let best: SqliteValue = null;
  let [bestCount, count] = [0, 0];
  let last: SqliteValue = null;
  let first: SqliteValue = null;
  for (const value of values as NonNullable<SqliteValue>[]) {
    const key = keyOf(value);
    if (count === 0 || compareStored(key, last) !== 0) [first, last, count] = [value, key, 0];
    count += 1;
    if (count > bestCount) [best, bestCount] = [first, count];
  }
  return best;
}

/** Rows around one that is not there. */
interface Ranks {
  readonly count: number;
  readonly before: number;
  readonly equal: number;
  /** Keys of the rows before, where different ones are counted. */
  readonly different: Set<string>;
}

/** What the compiler says of a sort key: ascending or descending, NULLs first or last. */
export type Direction = 'af' | 'al' | 'df' | 'dl';

/** The row of `args` beside the hypothetical one: negative before it. */
function compareRows(directions: readonly string[], keys: readonly SqliteValue[]): number {
  for (const [at, direction] of directions.entries()) {
    const hypothetical = keys[at] ?? null;
    const value = keys[at + directions.length] ?? null;
    if (hypothetical === null || value === null) {
      if (hypothetical === value) continue;
      return (value === null) === (direction[1] === 'f') ? -1 : 1;
    }
    const order = compareStored(value, hypothetical);
    if (order !== 0) return direction.startsWith('d') ? -order : order;
  }
  return 0;
}

function hypothetical(
  name: string,
  result: Oid,
  finish: (ranks: Ranks) => SqliteValue,
): AggregateSignature {
  const isDense = name === 'dense_rank';
  const signature = aggregate(name, [0], result, {
    kind: 'js',
    sqlName: `pg_hypothetical_${name}`,
    start: (): Ranks => ({ count: 0, before: 0, equal: 0, different: new Set() }),
    step(state, [directions, ...args], context) {
      const ranks = state as Ranks;
      const keys: SqliteValue[] = [];
      for (let at = 0; at < args.length; at += 2) {
        const value = args[at + 1] ?? null;
        const { keyOf = (each: SqliteValue) => each } = mustType(Number(args[at]));
        keys.push(value === null ? null : keyOf(value));
      }
      const order = compareRows(String(directions).split(' '), keys);
      if (isDense && order < 0) {
        const text = keys
          .slice(keys.length / 2)
          .map(keyText)
          .join('\0');
        if (!ranks.different.has(text)) context.keep(text.length);
        ranks.different.add(text);
      }
      return {
        ...ranks,
        count: ranks.count + 1,
        before: ranks.before + (order < 0 ? 1 : 0),
        equal: ranks.equal + (order === 0 ? 1 : 0),
      };
    },
    finish: (state) => finish(state as Ranks),
  });
  return { ...signature, takesTypes: true };
}

function keyText(key: SqliteValue): string {
  if (key instanceof Uint8Array) return `x${Buffer.from(key).toString('hex')}`;
  return key === null ? 'n' : `${typeof key}${String(key)}`;
}

function ordered(
  name: string,
  args: readonly Oid[],
  result: Oid,
  finish: (state: Sorted) => SqliteValue,
): AggregateSignature {
  const sqlName = `pg_${name}_${args.join('_')}`;
  const implementation = sorted(sqlName, args.length === 2, finish);
  return { ...aggregate(name, args, result, implementation), takesTypes: true };
}

/** Direct arguments come first; the last one is that of WITHIN GROUP. */
export const ORDERED_SET_AGGREGATES: readonly AggregateSignature[] = [
  ordered('percentile_cont', [FLOAT8, FLOAT8], FLOAT8, one(continuous)),
  ordered('percentile_cont', [FLOAT8, INTERVAL], INTERVAL, one(continuous)),
  ordered('percentile_cont', [FLOAT8_ARRAY, FLOAT8], FLOAT8_ARRAY, many(continuous)),
  ordered('percentile_cont', [FLOAT8_ARRAY, INTERVAL], INTERVAL_ARRAY, many(continuous)),
  ordered('percentile_disc', [FLOAT8, ANYELEMENT], ANYELEMENT, one(discrete)),
  ordered('percentile_disc', [FLOAT8_ARRAY, ANYELEMENT], ANYARRAY, many(discrete)),
  ordered('mode', [ANYELEMENT], ANYELEMENT, mode),
];

/** Over as many direct arguments as sort keys, of any types. */
export const HYPOTHETICAL_SET_AGGREGATES: readonly AggregateSignature[] = [
  hypothetical('rank', INT8, ({ before }) => BigInt(before + 1)),
  hypothetical('dense_rank', INT8, ({ different }) => BigInt(different.size + 1)),
  hypothetical('percent_rank', FLOAT8, ({ before, count }) => (count === 0 ? 0 : before / count)),
  hypothetical(
    'cume_dist',
    FLOAT8,
    ({ before, equal, count }) => (before + equal + 1) / (count + 1),
  ),
];
