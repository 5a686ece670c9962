// numeric: exact decimal text with its display scale; order and equality by pg_numeric_key.
import { PgError } from '../errors/pg-error.ts';
import {
  decimalSortKey,
  formatDecimal,
  isSpecial,
  parseDecimal,
  power10,
  round,
  tryReadDecimal,
} from './decimal.ts';
import { asText, defineType, exactly, invalidInput, tooShort } from './define.ts';
import type { PgType } from './pg-type.ts';

const TYPMOD_OFFSET = 4;
const SIGN_NEGATIVE = 0x4000;
const SIGN_NAN = 0xc000;
const SIGN_INFINITY = 0xd000;
/** Means nothing, but Postgres sends it. */
const INFINITY_SCALE = 0x20;
const SIGN_MINUS_INFINITY = 0xf000;
const GROUP = 10_000n;

const SPECIAL: Readonly<Record<string, string>> = {
  nan: 'NaN',
  inf: 'Infinity',
  '+inf': 'Infinity',
  infinity: 'Infinity',
  '+infinity': 'Infinity',
  '-inf': '-Infinity',
  '-infinity': '-Infinity',
};

function precisionAndScale(typmod: number): readonly [precision: number, scale: number] {
  const packed = typmod - TYPMOD_OFFSET;
  const scale = packed & 0x7ff;
  return [packed >>> 16, scale > 1024 ? scale - 2048 : scale];
}

/** Rounds to the declared scale; 22003 if there are too many digits before the point. */
export function coerceNumeric(text: string, typmod: number): string {
  if (typmod < 0 || text === 'NaN') return text;
  const [precision, scale] = precisionAndScale(typmod);
  const overflow = (detail: string): PgError =>
    new PgError('22003', 'numeric field overflow', { detail });
  const field = `A field with precision ${precision}, scale ${scale}`;
  if (isSpecial(text)) throw overflow(`${field} cannot hold an infinite value.`);
  const rounded = round(parseDecimal(text), scale);
  const limit = power10(precision - scale + rounded.scale);
  if (rounded.unscaled >= limit || -rounded.unscaled >= limit) {
    const exponent = precision - scale;
    const bound = exponent === 0 ? '1' : `10^${exponent}`;
    throw overflow(`${field} must round to an absolute value less than ${bound}.`);
  }
  return formatDecimal(rounded);
}

const SCALE_MAX = 0x3fff;
const SIGNS: readonly number[] = [0, SIGN_NEGATIVE, SIGN_NAN, SIGN_INFINITY, SIGN_MINUS_INFINITY];

function refuse(what: string): PgError {
  return new PgError('22P03', `invalid ${what} in external "numeric" value`);
}

/** PG: numeric_recv(), which looks at what is wrong in this order. */
function decodeNumeric(bytes: Uint8Array): string {
  if (bytes.length < 8) throw tooShort();
  const header = Buffer.from(bytes);
  const count = header.readUInt16BE(0);
  const weight = header.readInt16BE(2);
  const sign = header.readUInt16BE(4);
  const scale = header.readUInt16BE(6);
  if (!SIGNS.includes(sign)) throw refuse('sign');
  if (scale > SCALE_MAX) throw refuse('scale');
  let unscaled = 0n;
  for (let at = 0; at < count; at++) {
    const offset = 8 + at * 2;
    if (offset + 2 > header.length) throw tooShort();
    const group = header.readUInt16BE(offset);
    if (group >= Number(GROUP)) throw refuse('digit');
    unscaled = unscaled * GROUP + BigInt(group);
  }
  exactly(bytes, 8 + count * 2);
  if (sign === SIGN_NAN) return 'NaN';
  if (sign === SIGN_INFINITY) return 'Infinity';
  if (sign === SIGN_MINUS_INFINITY) return '-Infinity';
  const groupScale = (count - 1 - weight) * 4;
  // Digits behind the scale are cut off.
  unscaled =
    scale >= groupScale
      ? unscaled * power10(scale - groupScale)
      : unscaled / power10(groupScale - scale);
  return formatDecimal({ unscaled: sign === SIGN_NEGATIVE ? -unscaled : unscaled, scale });
}

function encodeNumeric(text: string): Buffer {
  const header = (count: number, weight: number, sign: number, scale: number): Buffer => {
    const buffer = Buffer.alloc(8 + count * 2);
    buffer.writeInt16BE(count, 0);
    buffer.writeInt16BE(weight, 2);
    buffer.writeUInt16BE(sign, 4);
    buffer.writeUInt16BE(scale, 6);
    return buffer;
  };
  if (text === 'NaN') return header(0, 0, SIGN_NAN, 0);
  if (text === 'Infinity') return header(0, 0, SIGN_INFINITY, INFINITY_SCALE);
  if (text === '-Infinity') return header(0, 0, SIGN_MINUS_INFINITY, INFINITY_SCALE);
  const { unscaled, scale } = parseDecimal(text);
  if (unscaled === 0n) return header(0, 0, 0, scale);
  const padding = (4 - (scale % 4)) % 4;
  const groups: number[] = [];
  let rest = (unscaled < 0n ? -unscaled : unscaled) * power10(padding);
  for (; rest > 0n; rest /= GROUP) groups.unshift(Number(rest % GROUP));
  const weight = groups.length - 1 - (scale + padding) / 4;
  while (groups.at(-1) === 0) groups.pop();
  const buffer = header(groups.length, weight, unscaled < 0n ? SIGN_NEGATIVE : 0, scale);
  for (const [at, group] of groups.entries()) buffer.writeUInt16BE(group, 8 + at * 2);
  return buffer;
}

export const NUMERIC: PgType = defineType({
  oid: 1700,
  name: 'numeric',
  category: 'N',
  arrayOid: 1231,
  storage: 'TEXT',
  sortKey: 'pg_numeric_key',
  keyOf: (value) => decimalSortKey(asText(value)),
  parse(text, typmod) {
    const trimmed = text.trim();
    const special = SPECIAL[trimmed.toLowerCase()];
    if (special !== undefined) return coerceNumeric(special, typmod);
    const decimal = tryReadDecimal(trimmed);
    if (decimal === null) throw invalidInput('numeric', text);
    return coerceNumeric(formatDecimal(decimal), typmod);
  },
  format: asText,
  decode: (bytes, typmod) => coerceNumeric(decodeNumeric(bytes), typmod),
  encode: (value) => encodeNumeric(asText(value)),
  formatWithTypmod(typmod) {
    const [precision, scale] = precisionAndScale(typmod);
    return `numeric(${precision},${scale})`;
  },
  parseTypmod(modifiers) {
    const [precision = 0, scale = 0] = modifiers;
    if (modifiers.length > 2) throw new PgError('22023', 'invalid NUMERIC type modifier');
    if (precision < 1 || precision > 1000) {
      throw new PgError('22023', `NUMERIC precision ${precision} must be between 1 and 1000`);
    }
    if (scale < -1000 || scale > 1000) {
      throw new PgError('22023', `NUMERIC scale ${scale} must be between -1000 and 1000`);
    }
    return ((precision << 16) | (scale & 0x7ff)) + TYPMOD_OFFSET;
  },
  coerce: (value, typmod) => coerceNumeric(asText(value), typmod),
});
