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
/** Before the point, and behind it. */
export const DIGITS_MAX = 131_072;
export const SCALE_MAX = 16_383;
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
  // Before the digits are read: that takes more than linear time.
  const digits = whole.replace(/^0+/, '');
  if (scale > SCALE_MAX || (digits !== '' && digits.length + exponent > DIGITS_MAX)) {
    throw overflow();
  }
  let unscaled = BigInt(`${digits}${fraction}`);
  if (sign === '-') unscaled = -unscaled;
  if (scale < 0) return checked({ unscaled: unscaled * power10(-scale), scale: 0 });
  return checked({ unscaled, scale });
}

export function overflow(): PgError {
  return new PgError('22003', 'value overflows numeric format');
}

/** Throws 22003 if there are too many digits before the point. */
export function checked(decimal: Decimal): Decimal {
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
  if (wanted >= 0) return result;
  return checked({ unscaled: result.unscaled * power10(-wanted), scale: 0 });
}

export function truncate({ unscaled, scale }: Decimal, wanted: number): Decimal {
  if (scale <= wanted) return { unscaled: unscaled * power10(wanted - scale), scale: wanted };
  const result = { unscaled: unscaled / power10(scale - wanted), scale: wanted };
  return wanted >= 0 ? result : { unscaled: result.unscaled * power10(-wanted), scale: 0 };
}

interface Groups {
  /** Of the first group: how many groups stand before the point, less one. */
  readonly weight: number;
  readonly first: number;
  /** null: there is none. */
  readonly second: number | null;
}

/** The first groups of four digits, as Postgres stores numerics. */
export function groups({ unscaled, scale }: Decimal): Groups {
  if (unscaled === 0n) return { weight: 0, first: 0, second: null };
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().replace(/0+$/, '');
  const trailing = (unscaled < 0n ? -unscaled : unscaled).toString().length - digits.length;
  const position = digits.length + trailing - scale - 1;
  const weight = Math.floor(position / DIGITS_PER_GROUP);
  const count = position - weight * DIGITS_PER_GROUP + 1;
  const group = (text: string, length: number): number => Number(text.padEnd(length, '0'));
  const rest = digits.slice(count, count + DIGITS_PER_GROUP);
  return {
    weight,
    first: group(digits.slice(0, count), count),
    second: rest === '' ? null : group(rest, DIGITS_PER_GROUP),
  };
}

export function compare(a: Decimal, b: Decimal): number {
  const [x, y] = align(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function isInteger({ unscaled, scale }: Decimal): boolean {
  return unscaled % power10(scale) === 0n;
}

/** Without zeros at the end of the fraction. */
export function trimmed({ unscaled, scale }: Decimal): Decimal {
  let [value, places] = [unscaled, scale];
  while (places > 0 && value % 10n === 0n) {
    value /= 10n;
    places -= 1;
  }
  return { unscaled: value, scale: places };
}

/** How many digits a quotient shows: at least 16 significant ones (select_div_scale). */
function divisionScale(a: Decimal, b: Decimal): number {
  const [x, y] = [groups(a), groups(b)];
  let weight = x.weight - y.weight;
  if (x.first <= y.first) weight -= 1;
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
