// Values of settings as clients write them -> as they are shown (PG: 20.1 Setting Parameters). Each
// throws 22023, in Postgres' words, for what is no value.
import { PgError } from '../errors/pg-error.ts';
import { zoneNamed, zoneOfOffset } from '../types/datetime/zones.ts';

/** `name` is what the client calls the setting: most errors do so too, those of others by its own name. */
export type ValueParser = (text: string, name: string, ownName: string) => string;

function invalid(name: string, value: string, fields: PgError['fields'] = {}): PgError {
  return new PgError('22023', `invalid value for parameter "${name}": "${value}"`, fields);
}

function outside(value: string, name: string, first: number, last: number): PgError {
  return new PgError(
    '22023',
    `${value} is outside the valid range for parameter "${name}" (${first} .. ${last})`,
  );
}

export function oneOf(...allowed: readonly string[]): ValueParser {
  return (text, name) => {
    const found = allowed.find((value) => value === text.toLowerCase());
    if (found !== undefined) return found;
    throw invalid(name, text, { hint: `Available values: ${allowed.join(', ')}.` });
  };
}

/** Any text of so many characters. */
export function atMost(characters: number): ValueParser {
  return (text, name) => {
    if (text.length <= characters) return text;
    throw invalid(name, text, { hint: `It may have ${characters} characters at most.` });
  };
}

export function parseBoolean(text: string, name: string): string {
  const value = text.toLowerCase();
  if (['on', 'true', 'yes', '1', 't', 'y'].includes(value)) return 'on';
  if (['off', 'false', 'no', '0', 'f', 'n'].includes(value)) return 'off';
  throw new PgError('22023', `parameter "${name}" requires a Boolean value`);
}

export const parseIsolation = oneOf(
  'serializable',
  'repeatable read',
  'read committed',
  'read uncommitted',
);

export function onlyOn(text: string, name: string): string {
  if (parseBoolean(text, name) === 'on') return 'on';
  throw new PgError('0A000', `${name} = off is not supported`);
}

export function integer(first: number, last: number): ValueParser {
  return (text, name) => {
    const value = Number(text.trim());
    if (text.trim() === '' || !Number.isInteger(value)) throw invalid(name, text);
    if (value < first || value > last) throw outside(String(value), name, first, last);
    return String(value);
  };
}

export function real(first: number, last: number): ValueParser {
  return (text, name) => {
    const value = Number(text.trim());
    if (text.trim() === '' || Number.isNaN(value)) throw invalid(name, text);
    if (value >= first && value <= last) return String(value);
    // As C's %g has it.
    const shown = last === Number.MAX_VALUE ? '1.79769e+308' : String(last);
    const message = `${value} is outside the valid range for parameter "${name}" (${first} .. ${shown})`;
    throw new PgError('22023', message);
  };
}

const MEMORY_UNITS: readonly (readonly [name: string, kilobytes: number])[] = [
  ['kB', 1],
  ['MB', 1024],
  ['GB', 1024 ** 2],
  ['TB', 1024 ** 3],
];
const MEMORY_HINT = 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".';

/** An amount of memory; a bare number counts kB, or blocks of so many. Shown in the largest unit that divides it. */
export function memory(leastKilobytes: number, bareKilobytes = 1): ValueParser {
  return (text, name) => {
    const [, number = '', unit = ''] = /^\s*([+-]?\d+)\s*(\S*)\s*$/.exec(text) ?? [];
    if (number === '') throw invalid(name, text);
    const factor = unit === '' ? bareKilobytes : MEMORY_UNITS.find(([each]) => each === unit)?.[1];
    if (factor === undefined) throw invalid(name, text, { hint: MEMORY_HINT });
    const kilobytes = Number(number) * factor;
    if (kilobytes > DURATION_MAX_MS) {
      throw invalid(name, text, { hint: 'Value exceeds integer range.' });
    }
    if (kilobytes < leastKilobytes) {
      throw outside(`${kilobytes} kB`, name, leastKilobytes, DURATION_MAX_MS);
    }
    const [shown, each] = MEMORY_UNITS.findLast(([, size]) => kilobytes % size === 0) ?? ['kB', 1];
    return `${kilobytes / each}${shown}`;
  };
}

/** Of what memory() has made. */
export function memoryKilobytes(text: string): number {
  const unit = MEMORY_UNITS.find(([name]) => text.endsWith(name));
  return Number.parseInt(text, 10) * (unit?.[1] ?? 1);
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['us', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
];
const MILLISECOND = 1;
const DURATION_MAX_MS = 2 ** 31 - 1;

/** Milliseconds of a time setting: a bare number counts ms. */
export function durationMs(text: string, name = 'duration'): number {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\S*)\s*$/i.exec(text);
  if (match === null) throw invalid(name, text);
  const [, number, unitName] = match;
  const unit =
    unitName === '' ? MILLISECOND : UNITS.find(([candidate]) => candidate === unitName)?.[1];
  if (unit === undefined) {
    const units = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
    throw invalid(name, text, { hint: units });
  }
  const ms = Math.round(Number(number) * unit);
  if (Math.abs(ms) > DURATION_MAX_MS) {
    throw invalid(name, text, { hint: 'Value exceeds integer range.' });
  }
  if (ms < 0) throw outside(`${ms} ms`, name, 0, DURATION_MAX_MS);
  return ms;
}

/** As Postgres shows it: in the largest unit that divides it. */
export function duration(text: string, name: string): string {
  const ms = durationMs(text, name);
  if (ms === 0) return '0';
  const [unit, factor] = UNITS.findLast(([, each]) => ms % each === 0) ?? ['ms', MILLISECOND];
  return `${ms / factor}${unit}`;
}

/** A name, hours east of UTC, or an interval as SET TIME ZONE INTERVAL writes it. */
export function timeZone(text: string, _: string, name: string): string {
  const hours = /^\s*([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*$/.exec(text)?.[1];
  if (hours !== undefined) {
    if (Math.abs(Number(hours)) > 167) throw invalid(name, text);
    return zoneOfOffset(Math.trunc(Number(hours) * 3600));
  }
  const zone = zoneNamed(text);
  if (zone === null) throw invalid(name, text);
  return zone;
}

export const intervalStyle = oneOf('postgres', 'postgres_verbose', 'sql_standard', 'iso_8601');

export function encoding(text: string, _: string, name: string): string {
  if (/^(utf-?8|unicode)$/i.test(text.replace(/'/g, ''))) return 'UTF8';
  throw invalid(name, text);
}

const STYLES = ['ISO', 'GERMAN', 'SQL', 'POSTGRES'];
const ORDERS = ['MDY', 'DMY', 'YMD'];

export function dateStyle(text: string, _: string, name: string): string {
  const parts = text.split(',').map((part) => part.trim());
  const unknown = parts.find((part) => ![...STYLES, ...ORDERS].includes(part.toUpperCase()));
  if (unknown !== undefined) {
    throw invalid(name, text, { detail: `Unrecognized key word: "${unknown}".` });
  }
  const among = (words: readonly string[]): string | undefined =>
    parts.map((part) => part.toUpperCase()).find((part) => words.includes(part));
  const style = among(STYLES) ?? 'ISO';
  if (style !== 'ISO') throw new PgError('0A000', `DateStyle ${style} is not supported`);
  return `ISO, ${among(ORDERS) ?? 'MDY'}`;
}

/** Names between commas, each perhaps in quotes. */
export function nameList(text: string, _: string, name: string): string {
  const isList =
    /^\s*$|^\s*(?:"(?:[^"]|"")+"|""|[^,\s"]+)(?:\s*,\s*(?:"(?:[^"]|"")*"|[^,\s"]+))*\s*$/;
  if (isList.test(text)) return text;
  throw invalid(name, text, { detail: 'List syntax is invalid.' });
}

/** From the least to the most severe, as client_min_messages has them. */
export const SEVERITIES: readonly string[] = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'log',
  'notice',
  'warning',
  'error',
];
