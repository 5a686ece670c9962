// Roots, exponentials and logarithms of decimals, with as many digits as Postgres shows
// (PG: src/backend/utils/adt/numeric.c). Fixed-point arithmetic on big integers with guard digits,
// rounded once at the end.
import { PgError } from '../errors/pg-error.ts';
import {
  checked,
  compare,
  divide,
  groups,
  isInteger,
  overflow,
  parseDecimal,
  power10,
  round,
  subtract,
} from './decimal.ts';
import type { Decimal } from './decimal.ts';

const SIGNIFICANT_DIGITS_MIN = 16;
const DISPLAY_SCALE_MAX = 1000;
const DIGITS_PER_GROUP = 4;
const GUARD_DIGITS = 12;
/** Results beyond e^+-6000 are taken for overflow or zero. */
const EXPONENT_MAX = 6000;
const LOG10_E = 0.434294481903252;
const LN_10 = 2.302585092994046;

/** At least 16 significant digits, and no fewer behind the point than the inputs have. */
function resultScale(weight: number, ...inputs: readonly Decimal[]): number {
  const scales = inputs.map(({ scale }) => scale);
  const wanted = Math.max(SIGNIFICANT_DIGITS_MIN - weight, 0, ...scales);
  return Math.min(wanted, DISPLAY_SCALE_MAX);
}

function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** To `scale` digits; the value is not negative. */
function rootTo(value: Decimal, scale: number): Decimal {
  const shift = 2 * (scale + 1) - value.scale;
  const shifted = shift >= 0 ? value.unscaled * power10(shift) : value.unscaled / power10(-shift);
  return round({ unscaled: integerSquareRoot(shifted), scale: scale + 1 }, scale);
}

export function squareRoot(value: Decimal, scale?: number): Decimal {
  if (value.unscaled < 0n) {
    throw new PgError('2201F', 'cannot take square root of a negative number');
  }
  const { weight } = groups(value);
  const digits = Math.trunc((weight * DIGITS_PER_GROUP) / 2) + 1;
  return rootTo(value, scale ?? resultScale(digits, value));
}

/** 2 atanh(z) for z as a fixed-point number: ln((1 + z) / (1 - z)). */
function doubleAtanh(z: bigint, one: bigint): bigint {
  const square = (z * z) / one;
  let sum = 0n;
  let term = z;
  for (let divisor = 1n; term !== 0n; divisor += 2n) {
    sum += term / divisor;
    term = (term * square) / one;
  }
  return 2n * sum;
}

const lnTenByDigits = new Map<number, bigint>();

/** ln(10) = 3 ln(2) + ln(1.25), scaled by 10^digits. */
function lnTen(digits: number): bigint {
  const known = lnTenByDigits.get(digits);
  if (known !== undefined) return known;
  const one = power10(digits + GUARD_DIGITS);
  const value = 3n * doubleAtanh(one / 3n, one) + doubleAtanh(one / 9n, one);
  const result = value / power10(GUARD_DIGITS);
  if (lnTenByDigits.size > 100) lnTenByDigits.clear();
  lnTenByDigits.set(digits, result);
  return result;
}

/** ln(value), scaled by 10^digits, for a positive value. */
function lnFixed(value: Decimal, digits: number): bigint {
  const text = value.unscaled.toString();
  // m * 10^exponent with m between 0.3 and 3.2, where the series is quick.
  let exponent = text.length - 1 - value.scale;
  if (text > '316') exponent += 1;
  const precision = digits + GUARD_DIGITS;
  const one = power10(precision);
  const shift = precision - value.scale - exponent;
  const m = shift >= 0 ? value.unscaled * power10(shift) : value.unscaled / power10(-shift);
  const ln = doubleAtanh(((m - one) * one) / (m + one), one);
  return (ln + BigInt(exponent) * lnTen(precision)) / power10(GUARD_DIGITS);
}

/** e^x to `scale` digits, for x scaled by 10^digits. */
function expFixed(x: bigint, digits: number, scale: number): Decimal {
  // e^x = 10^k * e^r.
  const ten = lnTen(digits);
  let k = x / ten;
  if (x < 0n && k * ten !== x) k -= 1n;
  const r = x - k * ten;
  const exponent = Number(k);
  const halvings = 8;
  const one = power10(digits);
  const small = r >> BigInt(halvings);
  let sum = one;
  let term = one;
  for (let n = 1n; term !== 0n; n++) {
    term = (term * small) / (one * n);
    sum += term;
  }
  for (let done = 0; done < halvings; done++) sum = (sum * sum) / one;
  const result = { unscaled: sum, scale: digits - exponent };
  return result.scale >= 0
    ? round(result, scale)
    : round({ unscaled: sum * power10(-result.scale), scale: 0 }, scale);
}

function toNumber({ unscaled, scale }: Decimal): number {
  const text = unscaled.toString();
  return Number(`${text}e${-scale}`);
}

/** Fixed-point digits for e^x when the result has `weight` digits before the point. */
function expDigits(weight: number, scale: number): number {
  return Math.max(weight + scale, 0) + GUARD_DIGITS + 4;
}

function scaledTo({ unscaled, scale }: Decimal, digits: number): bigint {
  return digits >= scale ? unscaled * power10(digits - scale) : unscaled / power10(scale - digits);
}

export function exponential(value: Decimal): Decimal {
  const x = toNumber(value);
  const weight = Math.trunc(Math.max(Math.min(x * LOG10_E, 2000), -2000));
  const scale = resultScale(weight, value);
  if (x >= EXPONENT_MAX) throw overflow();
  if (x <= -EXPONENT_MAX) return { unscaled: 0n, scale };
  const digits = expDigits(weight, scale);
  return checked(expFixed(scaledTo(value, digits), digits, scale));
}

const ONE: Decimal = { unscaled: 1n, scale: 0 };
const TENTH_BELOW = parseDecimal('0.9');
const TENTH_ABOVE = parseDecimal('1.1');

/** About the decimal weight of ln(value) (PG: estimate_ln_dweight). */
function lnWeight(value: Decimal): number {
  if (value.unscaled <= 0n) return 0;
  if (compare(value, TENTH_BELOW) >= 0 && compare(value, TENTH_ABOVE) <= 0) {
    const { weight, first } = groups(subtract(value, ONE));
    return first === 0 ? 0 : weight * DIGITS_PER_GROUP + Math.trunc(Math.log10(first));
  }
  const { weight, first, second } = groups(value);
  const [leading, exponent] =
    second === null
      ? [first, weight * DIGITS_PER_GROUP]
      : [first * 10_000 + second, (weight - 1) * DIGITS_PER_GROUP];
  return Math.trunc(Math.log10(Math.abs(Math.log(leading) + exponent * LN_10)));
}

function refuseLogarithm(value: Decimal): void {
  if (value.unscaled === 0n) throw new PgError('2201E', 'cannot take logarithm of zero');
  if (value.unscaled < 0n) {
    throw new PgError('2201E', 'cannot take logarithm of a negative number');
  }
}

export function naturalLogarithm(value: Decimal): Decimal {
  refuseLogarithm(value);
  const scale = resultScale(lnWeight(value), value);
  const digits = scale + GUARD_DIGITS;
  return round({ unscaled: lnFixed(value, digits), scale: digits }, scale);
}

export function logarithm(base: Decimal, value: Decimal): Decimal {
  refuseLogarithm(base);
  refuseLogarithm(value);
  const [baseWeight, valueWeight] = [lnWeight(base), lnWeight(value)];
  const scale = resultScale(valueWeight - baseWeight, base, value);
  const digits =
    scale + GUARD_DIGITS + 2 * Math.max(-baseWeight, 0) + Math.max(valueWeight, baseWeight, 0);
  const [a, b] = [lnFixed(value, digits), lnFixed(base, digits)];
  if (b === 0n) throw new PgError('22012', 'division by zero');
  return round({ unscaled: (a * power10(scale + 2)) / b, scale: scale + 2 }, scale);
}

/** By squaring, with no more digits than the result needs. */
function integerPower(base: Decimal, exponent: bigint): Decimal {
  const scale = Math.min(Math.max(SIGNIFICANT_DIGITS_MIN, base.scale), DISPLAY_SCALE_MAX);
  if (exponent === 0n) return round(ONE, scale);
  if (base.unscaled === 0n) return { unscaled: 0n, scale };
  const count = exponent < 0n ? -exponent : exponent;
  const text = (base.unscaled < 0n ? -base.unscaled : base.unscaled).toString();
  const leading = Math.log10(Number(`${text.slice(0, 1)}.${text.slice(1, 16)}`));
  const weight = (leading + text.length - 1 - base.scale) * Number(exponent);
  if (weight > 4 * 32_767) throw overflow();
  if (weight + 1 < -scale) return { unscaled: 0n, scale };
  const digits = Math.ceil(Math.abs(weight)) + scale + GUARD_DIGITS + count.toString().length;
  let result: Decimal = ONE;
  let square = base;
  for (let rest = count; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = cut(product(result, square), digits);
    if (rest > 1n) square = cut(product(square, square), digits);
  }
  if (exponent > 0n) return checked(round(whole(result), scale));
  // 1 / result with enough digits behind the point.
  const shift = scale + 2 + result.scale;
  const inverse = shift >= 0 ? power10(shift) / result.unscaled : 0n;
  return checked(round({ unscaled: inverse, scale: scale + 2 }, scale));
}

function product(a: Decimal, b: Decimal): Decimal {
  return { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale };
}

/** To `digits` significant digits; the scale may become negative. */
function cut({ unscaled, scale }: Decimal, digits: number): Decimal {
  const surplus = unscaled.toString().length - digits;
  return surplus <= 0
    ? { unscaled, scale }
    : { unscaled: unscaled / power10(surplus), scale: scale - surplus };
}

function whole({ unscaled, scale }: Decimal): Decimal {
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * power10(-scale), scale: 0 };
}

export function power(base: Decimal, exponent: Decimal): Decimal {
  if (base.unscaled === 0n && exponent.unscaled < 0n) {
    throw new PgError('2201F', 'zero raised to a negative power is undefined');
  }
  const count = isInteger(exponent) ? exponent.unscaled / power10(exponent.scale) : null;
  if (count !== null && BigInt.asIntN(32, count) === count) return integerPower(base, count);
  if (base.unscaled < 0n && count === null) {
    throw new PgError(
      '2201F',
      'a negative number raised to a non-integer power yields a complex result',
    );
  }
  if (base.unscaled === 0n) return { unscaled: 0n, scale: SIGNIFICANT_DIGITS_MIN };
  const isNegative = base.unscaled < 0n && count !== null && count % 2n !== 0n;
  const magnitude = base.unscaled < 0n ? { ...base, unscaled: -base.unscaled } : base;
  const result = positivePower(magnitude, exponent);
  return isNegative ? { ...result, unscaled: -result.unscaled } : result;
}

/** exp(exponent * ln(base)). */
function positivePower(base: Decimal, exponent: Decimal): Decimal {
  const roughDigits = Math.max(8 - lnWeight(base), 0) + GUARD_DIGITS;
  const roughLn = toNumber({ unscaled: lnFixed(base, roughDigits), scale: roughDigits });
  const x = roughLn * toNumber(exponent);
  if (Math.abs(x) > EXPONENT_MAX * 1.003) {
    if (x > 0) throw overflow();
    return { unscaled: 0n, scale: DISPLAY_SCALE_MAX };
  }
  const weight = Math.trunc(x * LOG10_E);
  const scale = resultScale(weight, base, exponent);
  const digits = expDigits(weight, scale);
  const wholeDigits = Math.max(exponent.unscaled.toString().length - exponent.scale, 0);
  const ln = lnFixed(base, digits + wholeDigits);
  const scaled = (ln * exponent.unscaled) / power10(exponent.scale + wholeDigits);
  return checked(expFixed(scaled, digits, scale));
}

/** The quotient cut to an integer. */
export function integerQuotient(a: Decimal, b: Decimal): Decimal {
  if (b.unscaled === 0n) throw new PgError('22012', 'division by zero');
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [scaledTo(a, scale), scaledTo(b, scale)];
  return { unscaled: x / y, scale: 0 };
}

/** Mean square deviation times a count, over a divisor, as numeric's variance is rounded. */
export function variance(
  sum: Decimal,
  sumOfSquares: Decimal,
  count: bigint,
  isSample: boolean,
): Decimal | null {
  if (count < (isSample ? 2n : 1n)) return null;
  const n = { unscaled: count, scale: 0 };
  const numerator = subtract(product(n, sumOfSquares), product(sum, sum));
  if (numerator.unscaled <= 0n) return { unscaled: 0n, scale: 0 };
  const divisor = isSample ? count * (count - 1n) : count * count;
  return divide(numerator, { unscaled: divisor, scale: 0 });
}
