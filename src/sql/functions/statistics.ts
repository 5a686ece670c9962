// Sums and averages of floats, variances, and regression (PG: 9.21 Aggregate Functions). Floats
// follow the Youngs-Cramer algorithm that Postgres uses, so that the digits agree.
import { squareRoot, variance } from '../../types/decimal-math.ts';
import { add, formatDecimal, isSpecial, multiply, parseDecimal } from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { fromFloat, toFloat } from '../../types/floats.ts';
import { FLOAT4, FLOAT8, INT2, INT4, INT8, NUMERIC } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { aggregate } from './builders.ts';
import { checkOverflow, overflow } from './floats.ts';
import type { AggregateSignature } from './signature.ts';

interface FloatState {
  readonly count: number;
  readonly sum: number;
  /** Sum of the squares of the differences from the mean. */
  readonly squares: number;
}

function accumulate(state: FloatState | null, value: number): FloatState {
  if (state === null) {
    return { count: 1, sum: value, squares: Number.isFinite(value) ? 0 : Number.NaN };
  }
  const count = state.count + 1;
  const sum = state.sum + value;
  const difference = value * count - sum;
  const squares = state.squares + (difference * difference) / (count * state.count);
  if (Number.isFinite(sum) && Number.isFinite(squares)) return { count, sum, squares };
  const isOurs = Number.isFinite(state.sum) && Number.isFinite(value);
  if (isOurs && (Math.abs(sum) === Infinity || Math.abs(squares) === Infinity)) throw overflow();
  return { count, sum, squares: Number.NaN };
}

function floatAggregate(
  name: string,
  oid: Oid,
  finish: (state: FloatState) => number | null,
): AggregateSignature {
  return aggregate(name, [oid], FLOAT8, {
    kind: 'js',
    sqlName: `pg_${name}_float`,
    start: () => null,
    step: (state, [value = null]) =>
      value === null ? state : accumulate(state as FloatState | null, toFloat(value)),
    finish(state) {
      const result = state === null ? null : finish(state as FloatState);
      return result === null ? null : fromFloat(result);
    },
  });
}

function floatSum(oid: Oid): AggregateSignature {
  const fit = oid === FLOAT4 ? Math.fround : (value: number) => value;
  return aggregate('sum', [oid], oid, {
    kind: 'js',
    sqlName: `pg_sum_${oid}`,
    start: () => null,
    step(state, [value = null]) {
      if (value === null) return state;
      const number = toFloat(value);
      if (state === null) return number;
      return checkOverflow(fit((state as number) + number), state as number, number);
    },
    finish: (state) => (state === null ? null : fromFloat(state as number)),
  });
}

function sampleVariance({ count, squares }: FloatState): number | null {
  return count < 2 ? null : squares / (count - 1);
}

function populationVariance({ count, squares }: FloatState): number | null {
  return squares / count;
}

function rootOf(
  compute: (state: FloatState) => number | null,
): (state: FloatState) => number | null {
  return (state) => {
    const value = compute(state);
    return value === null ? null : Math.sqrt(value);
  };
}

const FLOAT_VARIANCES: readonly (readonly [string, (state: FloatState) => number | null])[] = [
  ['variance', sampleVariance],
  ['var_samp', sampleVariance],
  ['var_pop', populationVariance],
  ['stddev', rootOf(sampleVariance)],
  ['stddev_samp', rootOf(sampleVariance)],
  ['stddev_pop', rootOf(populationVariance)],
];

interface ExactState {
  readonly count: bigint;
  readonly sum: Decimal;
  readonly squares: Decimal;
  /** NaN or an infinity was among the values. */
  readonly isSpecial: boolean;
}

const ZERO: Decimal = { unscaled: 0n, scale: 0 };

function accumulateExact(state: ExactState | null, text: string): ExactState {
  const before = state ?? { count: 0n, sum: ZERO, squares: ZERO, isSpecial: false };
  if (isSpecial(text)) return { ...before, count: before.count + 1n, isSpecial: true };
  const value = parseDecimal(text);
  return {
    ...before,
    count: before.count + 1n,
    sum: add(before.sum, value),
    squares: add(before.squares, multiply(value, value)),
  };
}

function exactVariance(state: ExactState, isSample: boolean, isRoot: boolean): string | null {
  if (isSample && state.count < 2n) return null;
  if (state.isSpecial) return 'NaN';
  const value = variance(state.sum, state.squares, state.count, isSample);
  if (value === null || !isRoot || value.unscaled === 0n) {
    return value === null ? null : formatDecimal(value);
  }
  return formatDecimal(squareRoot(value, value.scale));
}

const EXACT_VARIANCES: readonly (readonly [string, isSample: boolean, isRoot: boolean])[] = [
  ['variance', true, false],
  ['var_samp', true, false],
  ['var_pop', false, false],
  ['stddev', true, true],
  ['stddev_samp', true, true],
  ['stddev_pop', false, true],
];

function exactAggregate(
  name: string,
  oid: Oid,
  finish: (state: ExactState) => SqliteValue,
): AggregateSignature {
  return aggregate(name, [oid], NUMERIC, {
    kind: 'js',
    sqlName: `pg_${name}_exact`,
    start: () => null,
    step: (state, [value = null]) =>
      value === null ? state : accumulateExact(state as ExactState | null, String(value)),
    finish: (state) => (state === null ? null : finish(state as ExactState)),
  });
}

/** Of pairs: y first, as the functions take them. */
interface PairState {
  readonly count: number;
  readonly sumX: number;
  readonly sumY: number;
  readonly squaresX: number;
  readonly squaresY: number;
  readonly products: number;
}

function accumulatePair(state: PairState | null, y: number, x: number): PairState {
  const before = state ?? {
    ...{ count: 0, sumX: 0, sumY: 0, squaresX: 0, squaresY: 0, products: 0 },
  };
  const count = before.count + 1;
  const [sumX, sumY] = [before.sumX + x, before.sumY + y];
  if (before.count === 0) return { ...before, count, sumX, sumY };
  const [differenceX, differenceY] = [x * count - sumX, y * count - sumY];
  const scale = 1 / (count * before.count);
  return {
    count,
    sumX,
    sumY,
    squaresX: before.squaresX + differenceX * differenceX * scale,
    squaresY: before.squaresY + differenceY * differenceY * scale,
    products: before.products + differenceX * differenceY * scale,
  };
}

const PAIRS: readonly (readonly [string, (state: PairState) => number | null])[] = [
  ['covar_pop', ({ products, count }) => products / count],
  ['covar_samp', ({ products, count }) => (count < 2 ? null : products / (count - 1))],
  [
    'corr',
    ({ products, squaresX, squaresY }) =>
      squaresX === 0 || squaresY === 0 ? null : products / Math.sqrt(squaresX * squaresY),
  ],
  ['regr_avgx', ({ sumX, count }) => sumX / count],
  ['regr_avgy', ({ sumY, count }) => sumY / count],
  ['regr_sxx', ({ squaresX }) => squaresX],
  ['regr_syy', ({ squaresY }) => squaresY],
  ['regr_sxy', ({ products }) => products],
  ['regr_slope', ({ products, squaresX }) => (squaresX === 0 ? null : products / squaresX)],
  [
    'regr_intercept',
    ({ products, squaresX, sumX, sumY, count }) =>
      squaresX === 0 ? null : (sumY - (sumX * products) / squaresX) / count,
  ],
  [
    'regr_r2',
    ({ products, squaresX, squaresY }) => {
      if (squaresX === 0) return null;
      return squaresY === 0 ? 1 : (products * products) / (squaresX * squaresY);
    },
  ],
];

function stepPair(state: unknown, [y = null, x = null]: readonly SqliteValue[]): unknown {
  if (y === null || x === null) return state;
  return accumulatePair(state as PairState | null, toFloat(y), toFloat(x));
}

function pairAggregate(
  name: string,
  finish: (state: PairState) => number | null,
): AggregateSignature {
  return aggregate(name, [FLOAT8, FLOAT8], FLOAT8, {
    kind: 'js',
    sqlName: `pg_${name}`,
    start: () => null,
    step: stepPair,
    finish(state) {
      const result = state === null ? null : finish(state as PairState);
      return result === null ? null : fromFloat(result);
    },
  });
}

export const STATISTICS: readonly AggregateSignature[] = [
  ...[FLOAT4, FLOAT8].flatMap((oid) => [
    floatSum(oid),
    floatAggregate('avg', oid, ({ sum, count }) => sum / count),
    ...FLOAT_VARIANCES.map(([name, finish]) => floatAggregate(name, oid, finish)),
  ]),
  ...[INT2, INT4, INT8, NUMERIC].flatMap((oid) =>
    EXACT_VARIANCES.map(([name, isSample, isRoot]) =>
      exactAggregate(name, oid, (state) => exactVariance(state, isSample, isRoot)),
    ),
  ),
  ...PAIRS.map(([name, finish]) => pairAggregate(name, finish)),
  aggregate('regr_count', [FLOAT8, FLOAT8], INT8, {
    kind: 'js',
    sqlName: 'pg_regr_count',
    start: () => null,
    step: stepPair,
    finish: (state) => BigInt((state as PairState | null)?.count ?? 0),
  }),
];
