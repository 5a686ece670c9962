// Exact decimals: an integer and a scale, with Postgres' rules for the scale of results
// (PG: src/backend/utils/adt/numeric.c describes them). The text form keeps the display scale.
import { PgError } from '../errors/pg-error.ts';

/** unscaled / 10^scale; `unscaled` null is NaN, infinities have their own texts. */
export interface Decimal {
  readonly unscaled: bigint;
  /** Digits behind the point that are shown. */
  readonly scale: number;
}

export const SPECIALS = ['NaN', 'Infinity', '-Infinity'] as const;
const DIGITS_MAX = 131_072;
const SCALE_MAX = 16_383;
const DIVISION_DIGITS = 16;
const DIGITS_PER_GROUP = 4;

export function power10(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

export function isSpecial(text: string): boolean {
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity';
}

/** A canonical text (format below), not a special value. */
export function parseDecimal(text: string): Decimal {
  const point = text.indexOf('.');
  if (point < 0) return { unscaled: BigInt(text), scale: 0 };
  const scale = text.length - point - 1;
  return { unscaled: BigInt(text.slice(0, point) + text.slice(point + 1)), scale };
}

export function formatDecimal({ unscaled, scale }: Decimal): string {
  if (scale === 0) return unscaled.toString();
  const isNegative = unscaled < 0n;
  const digits = (isNegative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const end = digits.length - scale;
  return `${isNegative ? '-' : ''}${digits.slice(0, end)}.${digits.slice(end)}`;
}

/** Numeric input of any form that Postgres takes, or null. */
export function tryReadDecimal(text: string): Decimal | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  if (whole === '' && fraction === '') return null;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > DIGITS_MAX) throw overflow();
  const scale = fraction.length - exponent;
  let unscaled = BigInt(`${whole}${fraction}`);
  if (sign === '-') unscaled = -unscaled;
  if (scale > SCALE_MAX) throw overflow();
  if (scale < 0) return checked({ unscaled: unscaled * power10(-scale), scale: 0 });
  return checked({ unscaled, scale });
}

function overflow(): PgError {
  return new PgError('22003', 'value overflows numeric format');
}

function checked(decimal: Decimal): Decimal {
  const digits = decimal.unscaled.toString().length - decimal.scale;
  if (digits > DIGITS_MAX) throw overflow();
  return decimal;
}

function align(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.unscaled * power10(scale - a.scale), b.unscaled * power10(scale - b.scale), scale];
}

export function add(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = align(a, b);
  return checked({ unscaled: x + y, scale });
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = align(a, b);
  return checked({ unscaled: x - y, scale });
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  const product = { unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale };
  return checked(product.scale > SCALE_MAX ? round(product, SCALE_MAX) : product);
}

/** Half away from zero. */
export function round({ unscaled, scale }: Decimal, wanted: number): Decimal {
  if (scale <= wanted) return { unscaled: unscaled * power10(wanted - scale), scale: wanted };
  const divisor = power10(scale - wanted);
  const isNegative = unscaled < 0n;
  const magnitude = isNegative ? -unscaled : unscaled;
  const rounded = (magnitude + divisor / 2n) / divisor;
  const result = { unscaled: isNegative ? -rounded : rounded, scale: wanted };
  return wanted >= 0 ? result : { unscaled: result.unscaled * power10(-wanted), scale: 0 };
}

export function truncate({ unscaled, scale }: Decimal, wanted: number): Decimal {
  if (scale <= wanted) return { unscaled: unscaled * power10(wanted - scale), scale: wanted };
  const result = { unscaled: unscaled / power10(scale - wanted), scale: wanted };
  return wanted >= 0 ? result : { unscaled: result.unscaled * power10(-wanted), scale: 0 };
}

/** Weight of the first group of four digits, and its value, as Postgres stores numerics. */
function leadingGroup({ unscaled, scale }: Decimal): readonly [weight: number, digits: number] {
  if (unscaled === 0n) return [0, 0];
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const first = digits.length - scale - 1;
  const weight = Math.floor(first / DIGITS_PER_GROUP);
  const count = first - weight * DIGITS_PER_GROUP + 1;
  return [weight, Number(digits.slice(0, count).padEnd(count, '0'))];
}

/** How many digits a quotient shows: at least 16 significant ones (select_div_scale). */
function divisionScale(a: Decimal, b: Decimal): number {
  const [weightA, firstA] = leadingGroup(a);
  const [weightB, firstB] = leadingGroup(b);
  let weight = weightA - weightB;
  if (firstA <= firstB) weight -= 1;
  const wanted = DIVISION_DIGITS - weight * DIGITS_PER_GROUP;
  return Math.min(Math.max(wanted, a.scale, b.scale, 0), 1000);
}

export function divide(a: Decimal, b: Decimal): Decimal {
  if (b.unscaled === 0n) throw new PgError('22012', 'division by zero');
  const scale = divisionScale(a, b);
  const shifted = a.unscaled * power10(scale + 1 + b.scale);
  const quotient = { unscaled: shifted / (b.unscaled * power10(a.scale)), scale: scale + 1 };
  return round(quotient, scale);
}

export function modulo(a: Decimal, b: Decimal): Decimal {
  if (b.unscaled === 0n) throw new PgError('22012', 'division by zero');
  const [x, y, scale] = align(a, b);
  return { unscaled: x % y, scale };
}

/** Text whose byte order is the order of the numbers, and equal for equal numbers. */
export function decimalSortKey(text: string): string {
  if (text === 'NaN') return '4';
  if (text === 'Infinity') return '3';
  if (text === '-Infinity') return '0';
  const { unscaled, scale } = parseDecimal(text);
  if (unscaled === 0n) return '2';
  const isNegative = unscaled < 0n;
  const digits = (isNegative ? -unscaled : unscaled).toString();
  const exponent = digits.length - scale + 500_000;
  const key = exponent.toString().padStart(7, '0') + digits.replace(/0+$/, '');
  if (!isNegative) return `2${key}`;
  // Nines' complement turns the order round; the end mark sorts above every digit.
  return `1${key.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`;
}
