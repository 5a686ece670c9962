// date, timestamp and timestamptz: days or microseconds since 2000-01-01 as INTEGER, infinities at
// the ends of the range, as in Postgres' binary format.
import { PgError } from '../errors/pg-error.ts';
import { defineType, exactly } from './define.ts';
import {
  dateOutOfRange,
  formatDate,
  formatTimestamp,
  formatTimestamptz,
  isDate,
  isFinite,
  isMomentary,
  isTimestamp,
  parseDate,
  parseTimestamp,
  parseTimestamptz,
  roundMicros,
  timestampOutOfRange,
} from './datetime/moments.ts';
import { INFINITY_DAYS, MINUS_INFINITY_DAYS } from './calendar.ts';
import type { PgType } from './pg-type.ts';

export function precisionTypmod(
  name: string,
  suffix = '',
): (modifiers: readonly number[]) => number {
  return ([precision = 6]) => {
    if (precision >= 0) return Math.min(precision, 6);
    throw new PgError('22023', `${name}(${precision})${suffix} precision must not be negative`);
  };
}

function encodeInt64(value: unknown): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value as bigint);
  return buffer;
}

function decodeTimestamp(bytes: Uint8Array, typmod: number): bigint {
  const micros = exactly(bytes, 8).readBigInt64BE();
  if (isFinite(micros) && !isTimestamp(micros)) throw timestampOutOfRange();
  return roundMicros(micros, typmod);
}

function decodeDate(bytes: Uint8Array): bigint {
  const days = BigInt(exactly(bytes, 4).readInt32BE());
  if (days === INFINITY_DAYS || days === MINUS_INFINITY_DAYS || isDate(days)) return days;
  throw dateOutOfRange();
}

export const DATETIME_TYPES: readonly PgType[] = [
  defineType({
    oid: 1082,
    name: 'date',
    category: 'D',
    length: 4,
    arrayOid: 1182,
    storage: 'INTEGER',
    parse: (text, _typmod, settings) => parseDate(text, settings),
    isMomentary,
    stableText: 'both',
    format: (value) => formatDate(value as bigint),
    decode: decodeDate,
    encode(value) {
      const buffer = Buffer.alloc(4);
      buffer.writeInt32BE(Number(value));
      return buffer;
    },
  }),
  defineType({
    oid: 1114,
    name: 'timestamp',
    displayName: 'timestamp without time zone',
    category: 'D',
    length: 8,
    arrayOid: 1115,
    storage: 'INTEGER',
    parse: (text, typmod, settings) => roundMicros(parseTimestamp(text, settings), typmod),
    isMomentary,
    stableText: 'both',
    format: (value) => formatTimestamp(value as bigint),
    decode: decodeTimestamp,
    encode: encodeInt64,
    formatWithTypmod: (typmod) => `timestamp(${typmod}) without time zone`,
    parseTypmod: precisionTypmod('TIMESTAMP'),
    coerce: (value, typmod) => roundMicros(value as bigint, typmod),
  }),
  defineType({
    oid: 1184,
    name: 'timestamptz',
    displayName: 'timestamp with time zone',
    category: 'D',
    isPreferred: true,
    length: 8,
    arrayOid: 1185,
    storage: 'INTEGER',
    parse: (text, typmod, settings) => roundMicros(parseTimestamptz(text, settings), typmod),
    isMomentary,
    stableText: 'both',
    format: (value, settings) => formatTimestamptz(value as bigint, settings.timeZone),
    decode: decodeTimestamp,
    encode: encodeInt64,
    formatWithTypmod: (typmod) => `timestamp(${typmod}) with time zone`,
    parseTypmod: precisionTypmod('TIMESTAMP', ' WITH TIME ZONE'),
    coerce: (value, typmod) => roundMicros(value as bigint, typmod),
  }),
];
