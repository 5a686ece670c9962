// Time zones (PG: 8.5.3 Time Zones, B.5 POSIX Time Zone Specifications): names of the tz database, and
// fixed offsets as POSIX writes them, whose sign counts west. The tz database is the one of Node.
import { INFINITY_MICROS, MICROS_PER_DAY, MINUS_INFINITY_MICROS, UNIX_DAYS } from '../calendar.ts';
import { ZONE_NAMES } from './zone-names.ts';

const SECOND = 1_000_000n;
const MS_PER_DAY = 86_400_000;
/** After that, the rules repeat with the calendar. */
const CYCLE_DAYS = 146_097;
const FIRST_KNOWN_DAY = -73_049; // 1800-01-01
const LAST_KNOWN_DAY = 146_096; // 2399-12-31
const DAYS_CACHED_MAX = 20_000;
/** Of 2024: days since 2000. */
const WINTER = 8780n * MICROS_PER_DAY;
const SUMMER = 8962n * MICROS_PER_DAY;
const FIXED =
  /^(?:([A-Za-z]{3,})|<([A-Za-z0-9+:-]{3,})>)([+-]?)(\d{1,3})(?::(\d{1,2}))?(?::(\d{1,2}))?$/;

interface NamedZone {
  readonly kind: 'named';
  readonly name: string;
  /** Of January and July now; empty: the offset as a number. */
  readonly abbreviations: readonly string[];
  /** Offsets of days in which nothing changes; null: something does. */
  readonly days: Map<number, bigint | null>;
  format: Intl.DateTimeFormat | null;
}

interface FixedZone {
  readonly kind: 'fixed';
  readonly name: string;
  readonly abbreviation: string;
  readonly offset: bigint;
}

type Zone = NamedZone | FixedZone;

function namedZones(): Map<string, Zone> {
  const found = new Map<string, Zone>();
  for (const [abbreviations, names] of Object.entries(ZONE_NAMES)) {
    for (const name of names.split(' ')) {
      found.set(name.toLowerCase(), {
        kind: 'named',
        name,
        abbreviations: abbreviations === 'numbers' ? [] : abbreviations.split(','),
        days: new Map(),
        format: null,
      });
    }
  }
  return found;
}

const NAMED = namedZones();

function fixedZone(text: string): FixedZone | null {
  const match = FIXED.exec(text);
  if (match === null) return null;
  const [, letters, quoted, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  if (h > 167 || m > 59 || s > 59) return null;
  const west = BigInt(h * 3600 + m * 60 + s) * SECOND;
  const upper = text.toUpperCase();
  return {
    kind: 'fixed',
    name: upper,
    abbreviation: (letters ?? quoted ?? '').toUpperCase(),
    offset: sign === '-' ? west : -west,
  };
}

function find(name: string): Zone | null {
  return NAMED.get(name.toLowerCase()) ?? fixedZone(name);
}

/** The name as the tz database spells it; null: there is no such zone. */
export function zoneNamed(name: string): string | null {
  return find(name)?.name ?? null;
}

/** A zone of one offset, as SET TIME ZONE with a number makes it: `<+02>-02`. */
export function zoneOfOffset(eastSeconds: number): string {
  const shown = offsetText(BigInt(eastSeconds) * SECOND);
  const opposite = shown.startsWith('-') ? `+${shown.slice(1)}` : `-${shown.slice(1)}`;
  return `<${shown}>${opposite}`;
}

/** `+05:30`, without minutes and seconds that are zero. */
export function offsetText(offset: bigint): string {
  const sign = offset < 0n ? '-' : '+';
  const total = Number((offset < 0n ? -offset : offset) / SECOND);
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const seconds = total % 60;
  let text = `${sign}${two(Math.floor(total / 3600))}`;
  if (minutes !== 0 || seconds !== 0) text += `:${two(minutes)}`;
  if (seconds !== 0) text += `:${two(seconds)}`;
  return text;
}

/** What `longOffset` writes: GMT, GMT-05:00, GMT-04:56:02. */
function offsetAt(zone: NamedZone, unixMs: number): bigint {
  zone.format ??= new Intl.DateTimeFormat('en-US', {
    timeZone: zone.name,
    timeZoneName: 'longOffset',
  });
  const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(zone.format.format(unixMs));
  if (match === null) return 0n;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return BigInt(match[1] === '-' ? -seconds : seconds) * SECOND;
}

/** Offset of a time zone at a moment, in microseconds east of UTC. */
export function zoneOffsetMicros(timeZone: string, utcMicros: bigint): bigint {
  const zone = find(timeZone);
  if (zone === null) return 0n;
  if (zone.kind === 'fixed') return zone.offset;
  const unixMs = Number(utcMicros / 1000n) + UNIX_DAYS * MS_PER_DAY;
  const days = knownDay(Math.floor(unixMs / MS_PER_DAY) - UNIX_DAYS);
  let cached = zone.days.get(days);
  if (cached === undefined) {
    const dayStart = (days + UNIX_DAYS) * MS_PER_DAY;
    const [first, last] = [offsetAt(zone, dayStart), offsetAt(zone, dayStart + MS_PER_DAY - 1)];
    cached = first === last ? first : null;
    if (zone.days.size >= DAYS_CACHED_MAX) zone.days.clear();
    zone.days.set(days, cached);
  }
  if (cached !== null) return cached;
  const inDay = unixMs - Math.floor(unixMs / MS_PER_DAY) * MS_PER_DAY;
  return offsetAt(zone, (days + UNIX_DAYS) * MS_PER_DAY + inDay);
}

/** A day with the same offset for which the tz database has rules. */
function knownDay(days: number): number {
  if (days < FIRST_KNOWN_DAY) return FIRST_KNOWN_DAY;
  if (days <= LAST_KNOWN_DAY) return days;
  const beyond = days - LAST_KNOWN_DAY;
  return days - Math.ceil(beyond / CYCLE_DAYS) * CYCLE_DAYS;
}

/**
 * The offset of a local time. Of a time that is skipped or comes twice when the clocks change,
 * Postgres takes the one in standard time (DetermineTimeZoneOffset).
 */
export function localOffsetMicros(localMicros: bigint, timeZone: string): bigint {
  const before = zoneOffsetMicros(timeZone, localMicros - MICROS_PER_DAY);
  const after = zoneOffsetMicros(timeZone, localMicros + MICROS_PER_DAY);
  if (before === after) return before;
  const isBefore = zoneOffsetMicros(timeZone, localMicros - before) === before;
  const isAfter = zoneOffsetMicros(timeZone, localMicros - after) === after;
  if (isBefore !== isAfter) return isBefore ? before : after;
  return before < after ? before : after;
}

/** The moment that a local time in a zone names; infinities stay. */
export function localToUtc(localMicros: bigint, timeZone: string): bigint {
  if (localMicros === INFINITY_MICROS || localMicros === MINUS_INFINITY_MICROS) return localMicros;
  return localMicros - localOffsetMicros(localMicros, timeZone);
}

/** The local time of a moment in a zone; infinities stay. */
export function utcToLocal(utcMicros: bigint, timeZone: string): bigint {
  if (utcMicros === INFINITY_MICROS || utcMicros === MINUS_INFINITY_MICROS) return utcMicros;
  return utcMicros + zoneOffsetMicros(timeZone, utcMicros);
}

/**
 * What a zone calls its time then: `CET`. null where it is not known, because the zone had another
 * offset then.
 */
export function zoneAbbreviationAt(timeZone: string, utcMicros: bigint): string | null {
  const zone = find(timeZone);
  if (zone === null) return null;
  if (zone.kind === 'fixed') return zone.abbreviation;
  const offset = zoneOffsetMicros(timeZone, utcMicros);
  const [january, july = january] = zone.abbreviations;
  if (january === undefined || july === undefined) return offsetText(offset).replaceAll(':', '');
  if (offset === zoneOffsetMicros(timeZone, WINTER)) return january;
  if (offset === zoneOffsetMicros(timeZone, SUMMER)) return july;
  return null;
}

/** They set the clock back from a standard time that is that of summer. */
const BACKWARD_ZONES = ['Africa/Casablanca', 'Africa/El_Aaiun', 'Eire', 'Europe/Dublin'];

/** Of the tz database, as it spells them. */
export function zoneNames(): readonly string[] {
  return [...NAMED.values()].map(({ name }) => name).sort();
}

/** Does the zone have another than its standard time then? Of its present rules. */
export function isSummerTimeAt(timeZone: string, utcMicros: bigint): boolean {
  const offset = zoneOffsetMicros(timeZone, utcMicros);
  const [january, july] = [WINTER, SUMMER].map((moment) => zoneOffsetMicros(timeZone, moment));
  if (january === undefined || july === undefined) return false;
  if (BACKWARD_ZONES.includes(timeZone)) return offset < (january > july ? january : july);
  return offset > (january < july ? january : july);
}
