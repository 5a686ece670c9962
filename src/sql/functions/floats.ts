// Operators and functions of real and double precision.
import { PgError } from '../../errors/pg-error.ts';
import { fromFloat, toFloat } from '../../types/floats.ts';
import { FLOAT4, FLOAT8, INT4 } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator, sql } from './builders.ts';
import type { FunctionSignature, OperatorSignature } from './signature.ts';

export function overflow(): PgError {
  return new PgError('22003', 'value out of range: overflow');
}

export function underflow(): PgError {
  return new PgError('22003', 'value out of range: underflow');
}

/** An infinite result must come from an infinite input. */
export function checkOverflow(result: number, ...inputs: readonly number[]): number {
  if (Math.abs(result) === Infinity && inputs.every(Number.isFinite)) throw overflow();
  return result;
}

function add(a: number, b: number): number {
  return a + b;
}

type Fit = (value: number) => number;

interface FloatOperation {
  readonly symbol: string;
  readonly name: string;
  compute(a: number, b: number, fit: Fit): number;
}

const OPERATIONS: readonly FloatOperation[] = [
  { symbol: '+', name: 'add', compute: (a, b, fit) => checkOverflow(fit(add(a, b)), a, b) },
  { symbol: '-', name: 'subtract', compute: (a, b, fit) => checkOverflow(fit(a - b), a, b) },
  {
    symbol: '*',
    name: 'multiply',
    compute(a, b, fit) {
      const result = checkOverflow(fit(a * b), a, b);
      if (result === 0 && a !== 0 && b !== 0) throw underflow();
      return result;
    },
  },
  {
    symbol: '/',
    name: 'divide',
    compute(a, b, fit) {
      if (b === 0 && !Number.isNaN(a)) throw new PgError('22012', 'division by zero');
      const result = checkOverflow(fit(a / b), a);
      if (result === 0 && a !== 0 && Math.abs(b) !== Infinity) throw underflow();
      return result;
    },
  },
];

function single(value: number): number {
  return Math.fround(value);
}

function double(value: number): number {
  return value;
}

/** Of two floats, the result is the wider one. */
function arithmetic(left: Oid, right: Oid): OperatorSignature[] {
  const isSingle = left === FLOAT4 && right === FLOAT4;
  const fit = isSingle ? single : double;
  const result = isSingle ? FLOAT4 : FLOAT8;
  return OPERATIONS.map(({ symbol, name, compute }) =>
    operator(
      symbol,
      left,
      right,
      result,
      js(`pg_float_${name}_${result}`, ([a = null, b = null]) =>
        fromFloat(compute(toFloat(a), toFloat(b), fit)),
      ),
    ),
  );
}

/** pow() of POSIX, with Postgres' errors. */
export function power(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === 0 && y < 0) throw zeroToNegative();
  if (x < 0 && Number.isFinite(y) && !Number.isInteger(y)) throw complexPower();
  if (Math.abs(x) === 1 && !Number.isFinite(y)) return 1;
  const result = checkOverflow(x ** y, x, y);
  if (result === 0 && x !== 0 && Number.isFinite(x) && Number.isFinite(y)) throw underflow();
  return result;
}

export function zeroToNegative(): PgError {
  return new PgError('2201F', 'zero raised to a negative power is undefined');
}

export function complexPower(): PgError {
  return new PgError(
    '2201F',
    'a negative number raised to a non-integer power yields a complex result',
  );
}

function squareRoot(x: number): number {
  if (x < 0) throw new PgError('2201F', 'cannot take square root of a negative number');
  return Math.sqrt(x);
}

function prefix(symbol: string, oid: Oid, sqlName: string, compute: Fit): OperatorSignature {
  return operator(
    symbol,
    0,
    oid,
    oid,
    js(sqlName, ([a = null]) => fromFloat(compute(toFloat(a)))),
  );
}

export const FLOAT_OPERATORS: readonly OperatorSignature[] = [
  ...[FLOAT4, FLOAT8].flatMap((left) =>
    [FLOAT4, FLOAT8].flatMap((right) => arithmetic(left, right)),
  ),
  ...[FLOAT4, FLOAT8].flatMap((oid) => [
    prefix('-', oid, 'pg_float_negate', (a) => -a),
    prefix('@', oid, 'pg_float_abs', Math.abs),
    operator(
      '+',
      0,
      oid,
      oid,
      sql((a = '') => a),
    ),
  ]),
  operator(
    '^',
    FLOAT8,
    FLOAT8,
    FLOAT8,
    js('pg_float_power', ([a = null, b = null]) => fromFloat(power(toFloat(a), toFloat(b)))),
  ),
  prefix('|/', FLOAT8, 'pg_float_sqrt', squareRoot),
  prefix('||/', FLOAT8, 'pg_float_cbrt', Math.cbrt),
];

function logarithm(compute: Fit): Fit {
  return (x) => {
    if (x === 0) throw new PgError('2201E', 'cannot take logarithm of zero');
    if (x < 0) throw new PgError('2201E', 'cannot take logarithm of a negative number');
    return compute(x);
  };
}

/** Only for arguments that are in the range. */
function within(isInRange: (x: number) => boolean, compute: Fit): Fit {
  return (x) => {
    if (Number.isNaN(x)) return x;
    if (!isInRange(x)) throw new PgError('22003', 'input is out of range');
    return compute(x);
  };
}

function exponential(x: number): number {
  const result = checkOverflow(Math.exp(x), x);
  if (result === 0 && Number.isFinite(x)) throw underflow();
  return result;
}

/** Ties go to the even neighbour, as rint() does. */
export function roundHalfEven(value: number): number {
  if (!Number.isFinite(value)) return value;
  const rounded = Math.round(value);
  const isTie = Math.abs(value % 1) === 0.5;
  const result = isTie && rounded % 2 !== 0 ? rounded - 1 : rounded;
  return result === 0 && (value < 0 || Object.is(value, -0)) ? -0 : result;
}

const DEGREE = Math.PI / 180;

/** Degrees whose sine or tangent is exact in Postgres. */
function exactly(values: Readonly<Record<number, number>>, otherwise: Fit): Fit {
  return (x) => values[x] ?? otherwise(x);
}

function sineOfDegrees(x: number): number {
  const angle = x % 360;
  const sign = angle < 0 ? -1 : 1;
  const turned = Math.abs(angle);
  const [half, flip] = turned > 180 ? [turned - 180, -1] : [turned, 1];
  const folded = half > 90 ? 180 - half : half;
  const value = exactly({ 0: 0, 30: 0.5, 90: 1 }, (a) => Math.sin(a * DEGREE))(folded);
  return sign * flip * value;
}

function cosineOfDegrees(x: number): number {
  const turned = Math.abs(x % 360);
  const half = turned > 180 ? 360 - turned : turned;
  const [folded, flip] = half > 90 ? [180 - half, -1] : [half, 1];
  return flip * exactly({ 0: 1, 60: 0.5, 90: 0 }, (a) => Math.cos(a * DEGREE))(folded);
}

function tangentOfDegrees(x: number): number {
  const [sine, cosine] = [sineOfDegrees(x), cosineOfDegrees(x)];
  if (Math.abs(x % 180) === 45) return sine * cosine > 0 ? 1 : -1;
  return sine / cosine;
}

function cotangentOfDegrees(x: number): number {
  const [sine, cosine] = [sineOfDegrees(x), cosineOfDegrees(x)];
  if (Math.abs(x % 180) === 45) return sine * cosine > 0 ? 1 : -1;
  return cosine / sine;
}

const isFinite = (x: number): boolean => Number.isFinite(x);
const isUnit = (x: number): boolean => x >= -1 && x <= 1;

const ONE_ARGUMENT: readonly (readonly [name: string, compute: Fit])[] = [
  ['abs', Math.abs],
  ['ceil', Math.ceil],
  ['ceiling', Math.ceil],
  ['floor', Math.floor],
  ['round', roundHalfEven],
  ['trunc', Math.trunc],
  ['sign', (x) => (x > 0 ? 1 : x < 0 ? -1 : Number.isNaN(x) ? x : 0)],
  ['sqrt', squareRoot],
  ['cbrt', Math.cbrt],
  ['exp', exponential],
  ['ln', logarithm(Math.log)],
  ['log', logarithm(Math.log10)],
  ['log10', logarithm(Math.log10)],
  ['degrees', (x) => checkOverflow(x / DEGREE, x)],
  ['radians', (x) => x * DEGREE],
  ['sin', within(isFinite, Math.sin)],
  ['cos', within(isFinite, Math.cos)],
  ['tan', within(isFinite, Math.tan)],
  ['cot', within(isFinite, (x) => 1 / Math.tan(x))],
  ['asin', within(isUnit, Math.asin)],
  ['acos', within(isUnit, Math.acos)],
  ['atan', Math.atan],
  ['sinh', (x) => Math.sinh(x)],
  ['cosh', (x) => Math.cosh(x)],
  ['tanh', Math.tanh],
  ['asinh', Math.asinh],
  ['acosh', within((x) => x >= 1, Math.acosh)],
  ['atanh', within(isUnit, Math.atanh)],
  ['sind', within(isFinite, sineOfDegrees)],
  ['cosd', within(isFinite, cosineOfDegrees)],
  ['tand', within(isFinite, tangentOfDegrees)],
  ['cotd', within(isFinite, cotangentOfDegrees)],
  [
    'asind',
    within(
      isUnit,
      exactly({ 0.5: 30, [-0.5]: -30 }, (x) => Math.asin(x) / DEGREE),
    ),
  ],
  [
    'acosd',
    within(
      isUnit,
      exactly({ 0.5: 60, [-0.5]: 120 }, (x) => Math.acos(x) / DEGREE),
    ),
  ],
  ['atand', (x) => Math.atan(x) / DEGREE],
];

const TWO_ARGUMENTS: readonly (readonly [
  name: string,
  sqlName: string,
  compute: (x: number, y: number) => number,
])[] = [
  ['power', 'pg_float_power', power],
  ['pow', 'pg_float_power', power],
  ['atan2', 'pg_float_atan2', Math.atan2],
  ['atan2d', 'pg_float_atan2d', (y, x) => Math.atan2(y, x) / DEGREE],
];

/** In which of `count` equal buckets between the bounds; 0 and count + 1 lie outside. */
function bucketOf([value, low, high, count]: readonly SqliteValue[]): bigint {
  const [x, from, to] = [toFloat(value ?? null), toFloat(low ?? null), toFloat(high ?? null)];
  if ((count as bigint) <= 0n) throw invalidBucket('count must be greater than zero');
  if ([x, from, to].some(Number.isNaN)) {
    throw invalidBucket('operand, lower bound, and upper bound cannot be NaN');
  }
  if (!Number.isFinite(from) || !Number.isFinite(to)) {
    throw invalidBucket('lower and upper bounds must be finite');
  }
  if (from === to) throw invalidBucket('lower bound cannot equal upper bound');
  const isAscending = from < to;
  if (isAscending ? x < from : x > from) return 0n;
  if (isAscending ? x >= to : x <= to) return (count as bigint) + 1n;
  return BigInt(Math.floor((Number(count) * (x - from)) / (to - from))) + 1n;
}

export function invalidBucket(message: string): PgError {
  return new PgError('2201G', message);
}

export const FLOAT_FUNCTIONS: readonly FunctionSignature[] = [
  ...ONE_ARGUMENT.map(([name, compute]) =>
    fn(
      name,
      [FLOAT8],
      FLOAT8,
      js(`pg_float_${name}`, ([a = null]) => fromFloat(compute(toFloat(a)))),
    ),
  ),
  ...TWO_ARGUMENTS.map(([name, sqlName, compute]) =>
    fn(
      name,
      [FLOAT8, FLOAT8],
      FLOAT8,
      js(sqlName, ([a = null, b = null]) => fromFloat(compute(toFloat(a), toFloat(b)))),
    ),
  ),
  fn(
    'abs',
    [FLOAT4],
    FLOAT4,
    js('pg_float_abs', ([a = null]) => fromFloat(Math.abs(toFloat(a)))),
  ),
  fn(
    'pi',
    [],
    FLOAT8,
    js('pg_pi', () => Math.PI),
  ),
  fn('width_bucket', [FLOAT8, FLOAT8, FLOAT8, INT4], INT4, js('pg_float_bucket', bucketOf)),
];
