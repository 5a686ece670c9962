// date, timestamp and timestamptz: days or microseconds since 2000-01-01 as INTEGER, infinities at
// the ends of the range, as in Postgres' binary format.
import { PgError } from '../errors/pg-error.ts';
import {
  INFINITY_DAYS,
  INFINITY_MICROS,
  MICROS_PER_DAY,
  MINUS_INFINITY_DAYS,
  MINUS_INFINITY_MICROS,
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  localToUtc,
  splitMicros,
  zoneOffsetMicros,
} from './calendar.ts';
import { defineType, exactly } from './define.ts';
import type { FormatSettings, PgType } from './pg-type.ts';

interface ParsedMoment {
  readonly days: number;
  readonly timeMicros: bigint;
  /** Microseconds east of UTC, null if the text names no zone. */
  readonly offsetMicros: bigint | null;
  readonly zone: string | null;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MICROS_PER_SECOND = 1_000_000n;
/** 4714-11-24 BC to 5874897-12-31. */
const DAYS_MIN = -2_451_545;
const DAYS_MAX = 2_145_031_948;
const DATE =
  /^\s*(?:(\d{4,7})-(\d{1,2})-(\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{1,2})\/(\d{1,2})\/(\d{4})|([a-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})|(\d{1,2})[ -]([a-z]{3})[a-z]*[ -](\d{4}))/i;
const TIME = /^[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?:\s*(am|pm))?/i;
const OFFSET = /^\s*([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?/;
const ZONE = /^\s*([a-z]+(?:\/[a-z_]+)*)/i;
const ERA = /^\s*(bc|ad)\b/i;

function syntaxError(typeName: string, text: string): PgError {
  return new PgError('22007', `invalid input syntax for type ${typeName}: "${text}"`);
}

const DATE_STYLE_HINT = 'Perhaps you need a different "datestyle" setting.';

function outOfRange(text: string, hint?: string): PgError {
  return new PgError('22008', `date/time field value out of range: "${text}"`, { hint });
}

function parseMoment(text: string, typeName: string, settings: FormatSettings): ParsedMoment {
  let rest = text.trim();
  const consume = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match !== null) rest = rest.slice(match[0].length);
    return match;
  };
  const date = consume(DATE);
  if (date === null) throw syntaxError(typeName, text);
  const time = consume(TIME);
  const offset = consume(OFFSET);
  const era = consume(ERA);
  const zone = offset === null && era === null ? consume(ZONE) : null;
  const eraBehindZone = era ?? consume(ERA);
  if (rest.trim() !== '') throw syntaxError(typeName, text);
  const isBc = eraBehindZone?.[1]?.toLowerCase() === 'bc';
  return {
    days: parseDays(date, isBc, text, typeName, settings.dateStyle),
    timeMicros: time === null ? 0n : parseTime(time, text),
    offsetMicros: offset === null ? null : parseOffset(offset),
    zone: zone?.[1] ?? null,
  };
}

function parseDays(
  match: RegExpExecArray,
  isBc: boolean,
  text: string,
  typeName: string,
  dateStyle: string,
): number {
  const group = (at: number): string => match[at] ?? '';
  const monthNumber = (name: string): number => MONTHS.indexOf(name.toLowerCase()) + 1;
  let fields: readonly [number, number, number];
  if (group(1) !== '') fields = [Number(group(1)), Number(group(2)), Number(group(3))];
  else if (group(4) !== '') fields = [Number(group(4)), Number(group(5)), Number(group(6))];
  else if (group(7) !== '') {
    const [first, second] = [Number(group(7)), Number(group(8))];
    if (dateStyle.endsWith('YMD')) throw outOfRange(text);
    const isDayFirst = dateStyle.endsWith('DMY');
    fields = [Number(group(9)), isDayFirst ? second : first, isDayFirst ? first : second];
  } else if (group(10) !== '')
    fields = [Number(group(12)), monthNumber(group(10)), Number(group(11))];
  else fields = [Number(group(15)), monthNumber(group(14)), Number(group(13))];
  const [yearText, month, day] = fields;
  if (month === 0 && group(1) === '' && group(4) === '') throw syntaxError(typeName, text);
  const year = isBc ? 1 - yearText : yearText;
  if (month < 1 || month > 12 || day < 1 || day > 31) throw outOfRange(text, DATE_STYLE_HINT);
  if (day > daysInMonth(year, month) || yearText === 0) throw outOfRange(text);
  return daysFromCivil({ year, month, day });
}

function parseTime(match: RegExpExecArray, text: string): bigint {
  let hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  const half = match[5]?.toLowerCase();
  if (half !== undefined && (hour < 1 || hour > 12)) throw outOfRange(text);
  if (half === 'pm' && hour !== 12) hour += 12;
  if (half === 'am' && hour === 12) hour = 0;
  const isMidnight = hour === 24 && minute === 0 && second === 0;
  if ((hour > 23 && !isMidnight) || minute > 59 || second > 60) throw outOfRange(text);
  const micros = Math.round(Number(`0.${match[4] ?? '0'}`) * 1e6);
  return BigInt(hour * 3600 + minute * 60 + second) * MICROS_PER_SECOND + BigInt(micros);
}

function parseOffset(match: RegExpExecArray): bigint {
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return BigInt(match[1] === '-' ? -seconds : seconds) * MICROS_PER_SECOND;
}

function parseDate(text: string, settings: FormatSettings): bigint {
  const { days } = parseMoment(text, 'date', settings);
  if (days > DAYS_MAX || days < DAYS_MIN) {
    throw new PgError('22008', `date out of range: "${text}"`);
  }
  return BigInt(days);
}

function parseTimestamp(text: string, typmod: number, settings: FormatSettings): bigint {
  const special = infinity(text, INFINITY_MICROS, MINUS_INFINITY_MICROS);
  if (special !== null) return special;
  const { days, timeMicros } = parseMoment(text, 'timestamp', settings);
  return roundMicros(BigInt(days) * MICROS_PER_DAY + timeMicros, typmod);
}

function parseTimestamptz(text: string, typmod: number, settings: FormatSettings): bigint {
  const special = infinity(text, INFINITY_MICROS, MINUS_INFINITY_MICROS);
  if (special !== null) return special;
  const moment = parseMoment(text, 'timestamp with time zone', settings);
  const local = BigInt(moment.days) * MICROS_PER_DAY + moment.timeMicros;
  if (moment.offsetMicros !== null) return roundMicros(local - moment.offsetMicros, typmod);
  return roundMicros(localToUtc(local, zoneOf(moment.zone, settings, text)), typmod);
}

function zoneOf(zone: string | null, settings: FormatSettings, text: string): string {
  if (zone === null) return settings.timeZone;
  if (zone.toLowerCase() === 'z') return 'UTC';
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    throw syntaxError('timestamp with time zone', text);
  }
}

function infinity(text: string, plus: bigint, minus: bigint): bigint | null {
  switch (text.trim().toLowerCase()) {
    case 'infinity':
    case '+infinity':
      return plus;
    case '-infinity':
      return minus;
    case 'epoch':
      return plus === INFINITY_DAYS ? -10_957n : -10_957n * MICROS_PER_DAY;
    default:
      return null;
  }
}

/** Rounds to the declared number of fractional digits. */
function roundMicros(micros: bigint, typmod: number): bigint {
  if (typmod < 0 || typmod >= 6 || micros === INFINITY_MICROS || micros === MINUS_INFINITY_MICROS) {
    return micros;
  }
  const unit = 10n ** BigInt(6 - typmod);
  const half = unit / 2n;
  const rounded = micros >= 0n ? (micros + half) / unit : (micros - half) / unit;
  return rounded * unit;
}

function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  const shown = year <= 0 ? 1 - year : year;
  const era = year <= 0 ? ' BC' : '';
  return `${String(shown).padStart(4, '0')}-${two(month)}-${two(day)}${era}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function formatTime(micros: bigint): string {
  const seconds = Number(micros / MICROS_PER_SECOND);
  const fraction = Number(micros % MICROS_PER_SECOND);
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (fraction === 0) return text;
  return `${text}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

/** `between` goes before the era: the offset of a timestamptz. */
function formatMoment(micros: bigint, between: string): string {
  if (micros === INFINITY_MICROS) return 'infinity';
  if (micros === MINUS_INFINITY_MICROS) return '-infinity';
  const [days, time] = splitMicros(micros);
  const date = formatDate(days);
  const isBc = date.endsWith(' BC');
  const plain = isBc ? date.slice(0, -3) : date;
  return `${plain} ${formatTime(time)}${between}${isBc ? ' BC' : ''}`;
}

export function formatTimestamptz(micros: bigint, settings: FormatSettings): string {
  if (micros === INFINITY_MICROS || micros === MINUS_INFINITY_MICROS)
    return formatMoment(micros, '');
  const offset = zoneOffsetMicros(settings.timeZone, micros);
  return formatMoment(micros + offset, formatOffset(offset));
}

function formatOffset(offset: bigint): string {
  const sign = offset < 0n ? '-' : '+';
  const total = Number((offset < 0n ? -offset : offset) / MICROS_PER_SECOND);
  const minutes = Math.floor(total / 60) % 60;
  const seconds = total % 60;
  let text = `${sign}${two(Math.floor(total / 3600))}`;
  if (minutes !== 0 || seconds !== 0) text += `:${two(minutes)}`;
  if (seconds !== 0) text += `:${two(seconds)}`;
  return text;
}

function precisionTypmod(name: string): (modifiers: readonly number[]) => number {
  return ([precision = 6]) => {
    if (precision < 0)
      throw new PgError('22023', `${name}(${precision}) precision must not be negative`);
    return Math.min(precision, 6);
  };
}

function encodeInt64(value: unknown): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value as bigint);
  return buffer;
}

export const DATETIME_TYPES: readonly PgType[] = [
  defineType({
    oid: 1082,
    name: 'date',
    category: 'D',
    length: 4,
    arrayOid: 1182,
    storage: 'INTEGER',
    parse: (text, _typmod, settings) =>
      infinity(text, INFINITY_DAYS, MINUS_INFINITY_DAYS) ?? parseDate(text, settings),
    format(value) {
      if (value === INFINITY_DAYS) return 'infinity';
      if (value === MINUS_INFINITY_DAYS) return '-infinity';
      return formatDate(Number(value));
    },
    decode: (bytes) => BigInt(exactly(bytes, 4).readInt32BE()),
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
    parse: parseTimestamp,
    format: (value) => formatMoment(value as bigint, ''),
    decode: (bytes, typmod) => roundMicros(exactly(bytes, 8).readBigInt64BE(), typmod),
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
    parse: parseTimestamptz,
    format: (value, settings) => formatTimestamptz(value as bigint, settings),
    decode: (bytes, typmod) => roundMicros(exactly(bytes, 8).readBigInt64BE(), typmod),
    encode: encodeInt64,
    formatWithTypmod: (typmod) => `timestamp(${typmod}) with time zone`,
    parseTypmod: precisionTypmod('TIMESTAMP WITH TIME ZONE'),
    coerce: (value, typmod) => roundMicros(value as bigint, typmod),
  }),
];
