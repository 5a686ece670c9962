// Numbers in a jsonpath: canonical numerics.
import { PgError } from '../../../errors/pg-error.ts';
import {
  add,
  compare,
  divide,
  formatDecimal,
  modulo,
  multiply,
  parseDecimal,
  subtract,
  tryReadDecimal,
} from '../../../types/decimal.ts';
import type { Decimal } from '../../../types/decimal.ts';
import type { Arithmetic, Method } from '../../../types/jsonpath/tree.ts';

/** Digits that a float is sure to have. */
const DOUBLE_DIGITS = 15;

export function compareNumbers(a: string, b: string): number {
  return compare(decimalOf(a), decimalOf(b));
}

function decimalOf(text: string): Decimal {
  const decimal = tryReadDecimal(text);
  if (decimal === null) throw new PgError('22003', 'value overflows numeric format');
  return decimal;
}

/** Throws 22012, 22003. */
export function calculate(operator: Arithmetic, left: string, right: string): string {
  const [a, b] = [decimalOf(left), decimalOf(right)];
  if ((operator === '/' || operator === '%') && b.unscaled === 0n) {
    throw new PgError('22012', 'division by zero');
  }
  const compute = { '+': add, '-': subtract, '*': multiply, '/': divide, '%': modulo }[operator];
  return formatDecimal(compute(a, b));
}

export function negated(text: string): string {
  const { unscaled, scale } = decimalOf(text);
  return formatDecimal({ unscaled: -unscaled, scale });
}

export function rounded(text: string, method: Method): string {
  const { unscaled, scale } = decimalOf(text);
  if (method === 'abs')
    return formatDecimal({ unscaled: unscaled < 0n ? -unscaled : unscaled, scale });
  const unit = 10n ** BigInt(scale);
  const whole = unscaled / unit;
  const isExact = whole * unit === unscaled;
  const floor = isExact || unscaled > 0n ? whole : whole - 1n;
  return String(method === 'floor' || isExact ? floor : floor + 1n);
}

/** The index that a subscript is; null: out of range. */
export function indexOf(text: string): number | null {
  const { unscaled, scale } = decimalOf(text);
  const whole = unscaled / 10n ** BigInt(scale);
  return BigInt.asIntN(32, whole) === whole ? Number(whole) : null;
}

/** It has a place among the floats, as Postgres reads them. */
export function isDouble(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && (value !== 0 || !/[1-9]/.test(text.replace(/e.*/i, '')));
}

const FLOAT_TEXT = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** The number that a string is as a float; null: it is none. */
export function doubleOf(text: string): string | null {
  if (!FLOAT_TEXT.test(text) || !isDouble(text.trim())) return null;
  const decimal = tryReadDecimal(Number(text).toPrecision(DOUBLE_DIGITS));
  if (decimal === null) return null;
  const shown = formatDecimal(decimal);
  return shown.includes('.') ? formatDecimal(parseDecimal(shown.replace(/\.?0+$/, ''))) : shown;
}
