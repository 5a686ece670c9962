// real and double precision. SQLite has no NaN: it is kept as the text 'NaN', which sorts above all
// numbers, as Postgres has it.
import { PgError } from '../errors/pg-error.ts';
import { defineType, exactly, invalidInput } from './define.ts';
import type { PgType } from './pg-type.ts';
import type { SqliteValue } from './sqlite-value.ts';

export function toFloat(value: SqliteValue): number {
  return value === 'NaN' ? Number.NaN : Number(value);
}

export function fromFloat(value: number): SqliteValue {
  return Number.isNaN(value) ? 'NaN' : value;
}

const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Infinity,
  infinity: Infinity,
  '+inf': Infinity,
  '+infinity': Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
};

export function parseFloatText(text: string, name: string, isSingle: boolean): SqliteValue {
  const trimmed = text.trim();
  const special = SPECIAL[trimmed.toLowerCase()];
  if (special !== undefined) return fromFloat(special);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) throw invalidInput(name, text);
  const exact = Number(trimmed);
  const value = isSingle ? Math.fround(exact) : exact;
  const isUnderflow = value === 0 && /[1-9]/.test(trimmed.split(/[eE]/)[0] ?? '');
  if (!Number.isFinite(value) || isUnderflow) {
    throw new PgError('22003', `"${trimmed}" is out of range for type ${name}`);
  }
  return value;
}

/**
 * In Postgres' notation: the shortest digits that give the same number again, or with
 * extra_float_digits below 1 a fixed number of significant ones.
 */
export function formatFloat(
  value: SqliteValue,
  isSingle: boolean,
  extraFloatDigits: number,
): string {
  const number = toFloat(value);
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? 'Infinity' : '-Infinity';
  if (number === 0) return Object.is(number, -0) ? '-0' : '0';
  const digits = isSingle ? 6 : 15;
  const isShortest = extraFloatDigits > 0;
  const digitsMax = isShortest ? digits : Math.max(digits + extraFloatDigits, 1);
  const scientific = isShortest
    ? isSingle
      ? shortestSingle(number)
      : shortestDouble(number)
    : number.toExponential(digitsMax - 1).replace(/\.?0+(?=e)/, '');
  const [mantissa = '', exponentText = '0'] = scientific.split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digitsMax) {
    const sign = exponent < 0 ? '-' : '+';
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return shiftPoint(mantissa, exponent);
}

/** Below it no decimal of 17 digits lies exactly between two doubles. */
const HALVES_FROM = 2 ** 54;

/** As JavaScript has it, but for decimals halfway to the next double, which Postgres does not take. */
function shortestDouble(number: number): string {
  const text = number.toExponential();
  if (Math.abs(number) < HALVES_FROM || !isHalfway(text, number)) return text;
  for (let digits = text.replace(/e.*|[-.]/g, '').length; digits < 17; digits++) {
    const longer = number.toExponential(digits);
    if (Number(longer) === number && !isHalfway(longer, number)) return longer;
  }
  return text;
}

/** Does the decimal lie half a unit in the last place of the number away from it? */
function isHalfway(decimal: string, number: number): boolean {
  const [mantissa = '', exponent = '0'] = decimal.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const exact = BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
  const difference = exact - BigInt(number);
  if (difference === 0n) return false;
  const distance = difference < 0n ? -difference : difference;
  const magnitude = BigInt(Math.abs(number));
  const unit = 1n << BigInt(magnitude.toString(2).length - 53);
  return 2n * distance === unit;
}

function shortestSingle(number: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = number.toExponential(digits);
    if (Math.fround(Number(text)) === number) return text;
  }
  return number.toExponential(8);
}

function shiftPoint(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

export const FLOAT_TYPES: readonly PgType[] = [
  defineType({
    oid: 700,
    name: 'float4',
    displayName: 'real',
    category: 'N',
    length: 4,
    arrayOid: 1021,
    storage: 'ANY',
    parse: (text) => parseFloatText(text, 'real', true),
    format: (value, { extraFloatDigits }) => formatFloat(value, true, extraFloatDigits),
    decode: (bytes) => fromFloat(exactly(bytes, 4).readFloatBE()),
    encode(value) {
      const buffer = Buffer.alloc(4);
      buffer.writeFloatBE(toFloat(value));
      return buffer;
    },
  }),
  defineType({
    oid: 701,
    name: 'float8',
    displayName: 'double precision',
    category: 'N',
    isPreferred: true,
    length: 8,
    arrayOid: 1022,
    storage: 'ANY',
    parse: (text) => parseFloatText(text, 'double precision', false),
    format: (value, { extraFloatDigits }) => formatFloat(value, false, extraFloatDigits),
    decode: (bytes) => fromFloat(exactly(bytes, 8).readDoubleBE()),
    encode(value) {
      const buffer = Buffer.alloc(8);
      buffer.writeDoubleBE(toFloat(value));
      return buffer;
    },
  }),
];
