// Operators and functions of numeric: exact, with Postgres' rules for the digits shown.
import { PgError } from '../../errors/pg-error.ts';
import * as math from '../../types/decimal-math.ts';
import * as decimal from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { INT4, NUMERIC } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator, sql } from './builders.ts';
import { complexPower, invalidBucket, zeroToNegative } from './floats.ts';
import { greatestCommonDivisor } from './integers.ts';
import type { FunctionSignature, OperatorSignature } from './signature.ts';

type One = (value: Decimal) => Decimal;
type Two = (a: Decimal, b: Decimal) => Decimal;
type Specials = (a: number, b: number) => number;

/** For NaN and infinities: everything else counts by its sign alone. */
function asNumber(text: string): number {
  if (decimal.isSpecial(text)) return Number(text);
  const { unscaled } = decimal.parseDecimal(text);
  return unscaled > 0n ? 2 : unscaled < 0n ? -2 : 0;
}

function onTwo(compute: Two, specials: Specials): (args: readonly SqliteValue[]) => string {
  return ([a, b]) => {
    const [x, y] = [String(a), String(b)];
    if (decimal.isSpecial(x) || decimal.isSpecial(y)) {
      return String(specials(asNumber(x), asNumber(y)));
    }
    return decimal.formatDecimal(compute(decimal.parseDecimal(x), decimal.parseDecimal(y)));
  };
}

/** `specials`: of NaN and infinities; absent: they stay what they are. */
function onOne(
  compute: One,
  specials: (value: number) => number = (value) => value,
): (args: readonly SqliteValue[]) => string {
  return ([value]) => {
    const text = String(value);
    return decimal.isSpecial(text)
      ? String(specials(Number(text)))
      : decimal.formatDecimal(compute(decimal.parseDecimal(text)));
  };
}

function nonZeroDivisor(a: number, b: number): void {
  if (b === 0 && !Number.isNaN(a)) throw new PgError('22012', 'division by zero');
}

function divideSpecials(a: number, b: number): number {
  nonZeroDivisor(a, b);
  return Math.abs(b) === Infinity && Number.isFinite(a) ? 0 : a / b;
}

/** A remainder by infinity is the dividend, whose digits are not known here. */
function modulo([a, b]: readonly SqliteValue[]): string {
  const [x, y] = [String(a), String(b)];
  if (!decimal.isSpecial(x) && /Infinity$/.test(y)) return x;
  return onTwo(decimal.modulo, (p, q) => {
    nonZeroDivisor(p, q);
    return Number.NaN;
  })([x, y]);
}

function power([a, b]: readonly SqliteValue[]): string {
  const [x, y] = [String(a), String(b)];
  if (!decimal.isSpecial(x) && !decimal.isSpecial(y)) return onTwo(math.power, Math.max)([x, y]);
  const exponent = decimal.isSpecial(y) ? null : decimal.parseDecimal(y);
  const base = decimal.isSpecial(x) ? null : decimal.parseDecimal(x);
  if (exponent?.unscaled === 0n) return '1';
  if (base !== null && decimal.compare(base, { unscaled: 1n, scale: 0 }) === 0) return '1';
  if (x === 'NaN' || y === 'NaN') return 'NaN';
  const exponentSign = asNumber(y);
  if (base !== null) {
    if (base.unscaled === 0n && exponentSign < 0) throw zeroToNegative();
    if (base.unscaled < 0n && decimal.compare(base, { unscaled: -1n, scale: 0 }) === 0) return '1';
    const isLarge = decimal.compare(
      { ...base, unscaled: base.unscaled < 0n ? -base.unscaled : base.unscaled },
      { unscaled: 1n, scale: 0 },
    );
    if (base.unscaled < 0n && exponent !== null && !decimal.isInteger(exponent)) {
      throw complexPower();
    }
    return isLarge > 0 === exponentSign > 0 ? 'Infinity' : '0';
  }
  if (x === 'Infinity') return exponentSign > 0 ? 'Infinity' : '0';
  if (exponent !== null && !decimal.isInteger(exponent)) throw complexPower();
  const isOdd =
    exponent !== null && (exponent.unscaled / decimal.power10(exponent.scale)) % 2n !== 0n;
  if (exponentSign < 0) return '0';
  return isOdd ? '-Infinity' : 'Infinity';
}

function abs(value: Decimal): Decimal {
  return value.unscaled < 0n ? { ...value, unscaled: -value.unscaled } : value;
}

function negate(value: Decimal): Decimal {
  return { ...value, unscaled: -value.unscaled };
}

const ARITHMETIC: readonly (readonly [symbol: string, sqlName: string, Two, Specials])[] = [
  ['+', 'pg_numeric_add', decimal.add, (a, b) => a + b],
  ['-', 'pg_numeric_subtract', decimal.subtract, (a, b) => a - b],
  ['*', 'pg_numeric_multiply', decimal.multiply, (a, b) => a * b],
  ['/', 'pg_numeric_divide', decimal.divide, divideSpecials],
];

export const NUMERIC_OPERATORS: readonly OperatorSignature[] = [
  ...ARITHMETIC.map(([symbol, sqlName, compute, specials]) =>
    operator(symbol, NUMERIC, NUMERIC, NUMERIC, js(sqlName, onTwo(compute, specials))),
  ),
  operator('%', NUMERIC, NUMERIC, NUMERIC, js('pg_numeric_modulo', modulo)),
  operator('^', NUMERIC, NUMERIC, NUMERIC, js('pg_numeric_power', power)),
  operator(
    '-',
    0,
    NUMERIC,
    NUMERIC,
    js(
      'pg_numeric_negate',
      onOne(negate, (a) => -a),
    ),
  ),
  operator(
    '+',
    0,
    NUMERIC,
    NUMERIC,
    sql((a = '') => a),
  ),
  operator('@', 0, NUMERIC, NUMERIC, js('pg_numeric_abs', onOne(abs, Math.abs))),
];

/** Digits beyond what a numeric may have change nothing. */
function scaleWithin(digits: SqliteValue | undefined): number {
  return Math.min(Math.max(Number(digits), -decimal.DIGITS_MAX - 1), decimal.SCALE_MAX);
}

function toScale(compute: (value: Decimal, scale: number) => Decimal) {
  return ([value, digits]: readonly SqliteValue[]): string =>
    onOne((each) => compute(each, scaleWithin(digits)))([value ?? null]);
}

function floor(value: Decimal): Decimal {
  const cut = decimal.truncate(value, 0);
  return value.unscaled < 0n && !decimal.isInteger(value)
    ? { unscaled: cut.unscaled - 1n, scale: 0 }
    : cut;
}

function ceil(value: Decimal): Decimal {
  return negate(floor(negate(value)));
}

function sign({ unscaled }: Decimal): Decimal {
  return { unscaled: unscaled > 0n ? 1n : unscaled < 0n ? -1n : 0n, scale: 0 };
}

function refuse(code: '2201E' | '2201F', message: string): (value: number) => number {
  return (value) => {
    if (value < 0) throw new PgError(code, message);
    return value;
  };
}

const noNegativeRoot = refuse('2201F', 'cannot take square root of a negative number');
const noNegativeLogarithm = refuse('2201E', 'cannot take logarithm of a negative number');

const ONE_ARGUMENT: readonly (readonly [name: string, One, ((value: number) => number)?])[] = [
  ['abs', abs, Math.abs],
  ['ceil', ceil],
  ['ceiling', ceil],
  ['floor', floor],
  ['round', (value) => decimal.round(value, 0)],
  ['trunc', (value) => decimal.truncate(value, 0)],
  ['sign', sign, Math.sign],
  ['sqrt', (value) => math.squareRoot(value), noNegativeRoot],
  ['exp', math.exponential, Math.exp],
  ['ln', math.naturalLogarithm, noNegativeLogarithm],
  ['log', (value) => math.logarithm(TEN, value), noNegativeLogarithm],
  ['trim_scale', decimal.trimmed],
  ['numeric_inc', (value) => decimal.add(value, { unscaled: 1n, scale: 0 })],
];

const TEN: Decimal = { unscaled: 10n, scale: 0 };

function logarithmSpecials(base: number, value: number): number {
  if (Number.isNaN(base) || Number.isNaN(value)) return Number.NaN;
  noNegativeLogarithm(base);
  noNegativeLogarithm(value);
  if (base === 0 || value === 0) throw new PgError('2201E', 'cannot take logarithm of zero');
  if (base === Infinity) return value === Infinity ? Number.NaN : 0;
  return Infinity;
}

function greatestDivisor(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [decimal.round(a, scale), decimal.round(b, scale)];
  return { unscaled: greatestCommonDivisor(x.unscaled, y.unscaled), scale };
}

function leastMultiple(a: Decimal, b: Decimal): Decimal {
  const divisor = greatestDivisor(a, b);
  if (a.unscaled === 0n || b.unscaled === 0n) return { unscaled: 0n, scale: divisor.scale };
  const quotient = math.integerQuotient(a, divisor);
  return decimal.checked(decimal.round(abs(decimal.multiply(quotient, b)), divisor.scale));
}

const isNan = (): number => Number.NaN;

const TWO_ARGUMENTS: readonly (readonly [name: string, sqlName: string, Two, Specials])[] = [
  ['log', 'pg_numeric_log_base', math.logarithm, logarithmSpecials],
  ['div', 'pg_numeric_quotient', math.integerQuotient, divideSpecials],
  ['gcd', 'pg_numeric_gcd', greatestDivisor, isNan],
  ['lcm', 'pg_numeric_lcm', leastMultiple, isNan],
];

/** NULL for NaN and infinities. */
function digitsOf(
  count: (value: Decimal) => number,
): (args: readonly SqliteValue[]) => SqliteValue {
  return ([value]) => {
    const text = String(value);
    return decimal.isSpecial(text) ? null : BigInt(count(decimal.parseDecimal(text)));
  };
}

function bucketOf([value, low, high, count]: readonly SqliteValue[]): bigint {
  const texts = [value, low, high].map(String);
  if ((count as bigint) <= 0n) throw invalidBucket('count must be greater than zero');
  if (texts.includes('NaN')) {
    throw invalidBucket('operand, lower bound, and upper bound cannot be NaN');
  }
  if (texts.slice(1).some(decimal.isSpecial)) {
    throw invalidBucket('lower and upper bounds must be finite');
  }
  const [from, to] = texts.slice(1).map(decimal.parseDecimal) as [Decimal, Decimal];
  const order = decimal.compare(from, to);
  if (order === 0) throw invalidBucket('lower bound cannot equal upper bound');
  const [text = ''] = texts;
  const outside = (isBelow: boolean): bigint =>
    isBelow === order < 0 ? 0n : (count as bigint) + 1n;
  if (decimal.isSpecial(text)) return outside(text.startsWith('-'));
  const x = decimal.parseDecimal(text);
  if (decimal.compare(x, from) * order > 0) return 0n;
  if (decimal.compare(x, to) * order <= 0) return (count as bigint) + 1n;
  const way = abs(decimal.subtract(x, from));
  const share = decimal.multiply(way, { unscaled: count as bigint, scale: 0 });
  return math.integerQuotient(share, abs(decimal.subtract(to, from))).unscaled + 1n;
}

export const NUMERIC_FUNCTIONS: readonly FunctionSignature[] = [
  ...ONE_ARGUMENT.map(([name, compute, specials]) =>
    fn(name, [NUMERIC], NUMERIC, js(`pg_numeric_${name}`, onOne(compute, specials))),
  ),
  ...TWO_ARGUMENTS.map(([name, sqlName, compute, specials]) =>
    fn(name, [NUMERIC, NUMERIC], NUMERIC, js(sqlName, onTwo(compute, specials))),
  ),
  fn('mod', [NUMERIC, NUMERIC], NUMERIC, js('pg_numeric_modulo', modulo)),
  ...['power', 'pow'].map((name) =>
    fn(name, [NUMERIC, NUMERIC], NUMERIC, js('pg_numeric_power', power)),
  ),
  fn('round', [NUMERIC, INT4], NUMERIC, js('pg_numeric_round_to', toScale(decimal.round))),
  fn('trunc', [NUMERIC, INT4], NUMERIC, js('pg_numeric_trunc_to', toScale(decimal.truncate))),
  fn(
    'scale',
    [NUMERIC],
    INT4,
    js(
      'pg_numeric_scale',
      digitsOf(({ scale }) => scale),
    ),
  ),
  fn(
    'min_scale',
    [NUMERIC],
    INT4,
    js(
      'pg_numeric_min_scale',
      digitsOf((value) => decimal.trimmed(value).scale),
    ),
  ),
  fn('width_bucket', [NUMERIC, NUMERIC, NUMERIC, INT4], INT4, js('pg_numeric_bucket', bucketOf)),
];
