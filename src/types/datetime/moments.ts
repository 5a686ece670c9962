// Texts of dates, timestamps and times of day <-> days and microseconds since 2000.
import { PgError } from '../../errors/pg-error.ts';
import {
  INFINITY_DAYS,
  INFINITY_MICROS,
  MICROS_PER_DAY,
  MINUS_INFINITY_DAYS,
  MINUS_INFINITY_MICROS,
  UNIX_DAYS,
  civilFromDays,
  splitMicros,
} from '../calendar.ts';
import type { FormatSettings } from '../pg-type.ts';
import { badFormat, reading } from './faults.ts';
import { readMoment, readTimeOfDay } from './moment-reader.ts';
import type { ReadMoment } from './moment-reader.ts';
import {
  localOffsetMicros,
  localToUtc,
  offsetText,
  utcToLocal,
  zoneOffsetMicros,
} from './zones.ts';

const SECOND = 1_000_000n;
/** 4714-11-24 BC to 5874897-12-31. */
const DAYS_MIN = -2_451_545;
const DAYS_MAX = 2_145_031_948;
/** From 4714-11-24 BC on, before 294277-01-01. */
const MICROS_MIN = -211_813_488_000_000_000n;
const MICROS_END = 9_223_371_331_200_000_000n;
const EPOCH_DAYS = -BigInt(UNIX_DAYS);

/** The moment that the statement takes for now. */
function nowOf({ now }: FormatSettings): bigint {
  if (now !== undefined) return now;
  throw new PgError('0A000', 'now, today and the like as a value of a parameter are not supported');
}

function todayOf(settings: FormatSettings): number {
  return splitMicros(utcToLocal(nowOf(settings), settings.timeZone))[0];
}

/** Words whose meaning changes from day to day. */
export function isMomentary(text: string): boolean {
  return /\b(?:now|today|tomorrow|yesterday)\b/i.test(text);
}

export function dateOutOfRange(): PgError {
  return new PgError('22008', 'date out of range');
}

export function timestampOutOfRange(text?: string): PgError {
  return new PgError('22008', `timestamp out of range${text === undefined ? '' : `: "${text}"`}`);
}

export function isDate(days: bigint): boolean {
  return days >= BigInt(DAYS_MIN) && days <= BigInt(DAYS_MAX);
}

export function isFinite(micros: bigint): boolean {
  return micros !== INFINITY_MICROS && micros !== MINUS_INFINITY_MICROS;
}

export function isTimestamp(micros: bigint): boolean {
  return micros >= MICROS_MIN && micros < MICROS_END;
}

/** Throws 22008 for what is no timestamp. */
export function checkedTimestamp(micros: bigint): bigint {
  if (!isTimestamp(micros)) throw timestampOutOfRange();
  return micros;
}

/** Throws 22008 for what is no date. */
export function checkedDate(days: bigint): bigint {
  if (!isDate(days)) throw dateOutOfRange();
  return days;
}

export function parseDate(text: string, settings: FormatSettings): bigint {
  const read = reading(text, 'date', () => readMoment(text, settings, () => todayOf(settings)));
  switch (read.special) {
    case 'epoch':
      return EPOCH_DAYS;
    case 'infinity':
      return INFINITY_DAYS;
    case '-infinity':
      return MINUS_INFINITY_DAYS;
    case 'now':
      return BigInt(todayOf(settings));
    default: {
      const days = BigInt(read.days ?? 0);
      if (!isDate(days)) throw new PgError('22008', `date out of range: "${text}"`);
      return days;
    }
  }
}

function localMicros({ days, timeMicros }: ReadMoment): bigint {
  return BigInt(days ?? 0) * MICROS_PER_DAY + timeMicros;
}

function specialMicros(special: ReadMoment['special'], now: () => bigint): bigint | null {
  switch (special) {
    case 'epoch':
      return EPOCH_DAYS * MICROS_PER_DAY;
    case 'infinity':
      return INFINITY_MICROS;
    case '-infinity':
      return MINUS_INFINITY_MICROS;
    case 'now':
      return now();
    default:
      return null;
  }
}

export function parseTimestamp(text: string, settings: FormatSettings): bigint {
  const read = reading(text, 'timestamp', () =>
    readMoment(text, settings, () => todayOf(settings)),
  );
  const now = (): bigint => utcToLocal(nowOf(settings), settings.timeZone);
  const special = specialMicros(read.special, now);
  if (special !== null) return special;
  const micros = localMicros(read);
  if (!isTimestamp(micros)) throw timestampOutOfRange(text);
  return micros;
}

export function parseTimestamptz(text: string, settings: FormatSettings): bigint {
  const read = reading(text, 'timestamp with time zone', () =>
    readMoment(text, settings, () => todayOf(settings)),
  );
  const special = specialMicros(read.special, () => nowOf(settings));
  if (special !== null) return special;
  const local = localMicros(read);
  const { zone } = read;
  const micros =
    zone?.kind === 'offset'
      ? local - BigInt(zone.eastSeconds) * SECOND
      : localToUtc(local, zone?.name ?? settings.timeZone);
  if (!isTimestamp(micros)) throw timestampOutOfRange(text);
  return micros;
}

/** Microseconds since midnight. */
export function parseTime(text: string, settings: FormatSettings): bigint {
  const read = reading(text, 'time', () => readTimeOfDay(text, settings, () => todayOf(settings)));
  if (read.special === 'now') return splitMicros(utcToLocal(nowOf(settings), settings.timeZone))[1];
  return read.timeMicros;
}

/** A time of day, and how many seconds east of UTC it is. */
export interface ZonedTime {
  readonly micros: bigint;
  readonly eastSeconds: number;
}

export function parseZonedTime(text: string, settings: FormatSettings): ZonedTime {
  return reading(text, 'time with time zone', () => {
    const read = readTimeOfDay(text, settings, () => todayOf(settings));
    if (read.special === 'now') {
      const now = nowOf(settings);
      const [, micros] = splitMicros(utcToLocal(now, settings.timeZone));
      return { micros, eastSeconds: secondsOf(zoneOffsetMicros(settings.timeZone, now)) };
    }
    return { micros: read.timeMicros, eastSeconds: offsetOfTime(read, settings) };
  });
}

function offsetOfTime(read: ReadMoment, settings: FormatSettings): number {
  const { zone, days } = read;
  if (zone?.kind === 'offset') return zone.eastSeconds;
  const name = zone?.name ?? settings.timeZone;
  if (days !== null) return secondsOf(localOffsetMicros(localMicros(read), name));
  if (isFixed(name)) return secondsOf(zoneOffsetMicros(name, 0n));
  if (zone !== null) throw badFormat();
  const local = BigInt(todayOf(settings)) * MICROS_PER_DAY + read.timeMicros;
  return secondsOf(localOffsetMicros(local, name));
}

/** Zones without changes, roughly: those where the date does not matter. */
export function isFixed(zone: string): boolean {
  return /^(?:etc\/)?(?:utc|gmt|uct|zulu|universal|greenwich)|^<|^[a-z]+[+-]?\d/i.test(zone);
}

function secondsOf(micros: bigint): number {
  return Number(micros / SECOND);
}

/** Rounds to the declared number of fractional digits. */
export function roundMicros(micros: bigint, digits: number): bigint {
  if (digits < 0 || digits >= 6 || !isFinite(micros)) return micros;
  const unit = 10n ** BigInt(6 - digits);
  const half = unit / 2n;
  const rounded = micros >= 0n ? (micros + half) / unit : (micros - half) / unit;
  return rounded * unit;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function dateText(days: number): readonly [date: string, era: string] {
  const { year, month, day } = civilFromDays(days);
  const shown = String(year <= 0 ? 1 - year : year).padStart(4, '0');
  return [`${shown}-${two(month)}-${two(day)}`, year <= 0 ? ' BC' : ''];
}

export function formatDate(days: bigint): string {
  if (days === INFINITY_DAYS) return 'infinity';
  if (days === MINUS_INFINITY_DAYS) return '-infinity';
  return dateText(Number(days)).join('');
}

/** `.789`, or nothing. */
export function fractionText(micros: bigint): string {
  const fraction = micros % SECOND;
  return fraction === 0n ? '' : `.${fraction.toString().padStart(6, '0').replace(/0+$/, '')}`;
}

export function formatTime(micros: bigint): string {
  const seconds = Number(micros / SECOND);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return clock.map(two).join(':') + fractionText(micros);
}

/** `suffix` goes before the era: the offset of a timestamptz. */
function formatMoment(micros: bigint, suffix: string): string {
  if (micros === INFINITY_MICROS) return 'infinity';
  if (micros === MINUS_INFINITY_MICROS) return '-infinity';
  const [days, time] = splitMicros(micros);
  const [date, era] = dateText(days);
  return `${date} ${formatTime(time)}${suffix}${era}`;
}

export function formatTimestamp(micros: bigint): string {
  return formatMoment(micros, '');
}

export function formatTimestamptz(micros: bigint, timeZone: string): string {
  if (!isFinite(micros)) return formatMoment(micros, '');
  const offset = zoneOffsetMicros(timeZone, micros);
  return formatMoment(micros + offset, offsetText(offset));
}

export function formatZonedTime({ micros, eastSeconds }: ZonedTime): string {
  return formatTime(micros) + offsetText(BigInt(eastSeconds) * SECOND);
}
