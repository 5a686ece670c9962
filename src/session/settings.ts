// The settings of a session (Postgres calls them GUCs): what clients may SET and SHOW.
import { PgError } from '../errors/pg-error.ts';

export interface SettingDefinition {
  readonly name: string;
  readonly initial: string;
  /** Clients are told of every change (PG: 55.2.7 Asynchronous Operations). */
  readonly isReported?: boolean;
  readonly isReadOnly?: boolean;
  /** Where the value comes from while it has none of its own. */
  readonly fallback?: string;
  /** Canonical form of a value, or throws. */
  readonly parse?: (text: string, name: string) => string;
}

export interface SettingValue {
  readonly name: string;
  readonly value: string;
  /** What RESET would make of it. */
  readonly resetValue: string;
  readonly isReadOnly: boolean;
}

function invalid(name: string, value: string, hint?: string): PgError {
  return new PgError('22023', `invalid value for parameter "${name}": "${value}"`, { hint });
}

function oneOf(...allowed: readonly string[]): (text: string, name: string) => string {
  return (text, name) => {
    const found = allowed.find((value) => value === text.toLowerCase());
    if (found !== undefined) return found;
    throw invalid(name, text, `Available values: ${allowed.join(', ')}.`);
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

function onlyOn(text: string, name: string): string {
  if (parseBoolean(text, name) === 'on') return 'on';
  throw new PgError('0A000', `${name} = off is not supported`);
}

function integer(first: number, last: number): (text: string, name: string) => string {
  return (text, name) => {
    const value = Number(text.trim());
    if (text.trim() === '' || !Number.isInteger(value)) throw invalid(name, text);
    if (value < first || value > last) {
      throw new PgError(
        '22023',
        `${value} is outside the valid range for parameter "${name}" (${first} .. ${last})`,
      );
    }
    return String(value);
  };
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
];

/** Milliseconds of a time setting: a bare number counts ms. */
export function durationMs(text: string, name = 'duration'): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(text);
  const unit = match?.[2] === '' ? 1 : UNITS.find(([unitName]) => unitName === match?.[2])?.[1];
  if (match === null || unit === undefined) {
    throw invalid(
      name,
      text,
      'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".',
    );
  }
  return Math.round(Number(match[1]) * unit);
}

/** As Postgres shows it: in the largest unit that divides it. */
function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  const unit = UNITS.findLast(([, factor]) => ms % factor === 0) ?? UNITS[0];
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

function duration(text: string, name: string): string {
  return formatDuration(durationMs(text, name));
}

function timeZone(text: string, name: string): string {
  const upper = text.toUpperCase();
  if (['UTC', 'GMT', 'ETC/UTC', 'Z'].includes(upper)) return upper === 'Z' ? 'UTC' : text;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return text;
  } catch {
    throw invalid(name, text);
  }
}

function encoding(text: string, name: string): string {
  if (/^(utf-?8|unicode)$/i.test(text.replace(/'/g, ''))) return 'UTF8';
  throw new PgError('22023', `invalid value for parameter "${name}": "${text}"`, {
    hint: 'Only UTF8 is supported.',
  });
}

const DEFINITIONS: readonly SettingDefinition[] = [
  { name: 'application_name', initial: '', isReported: true },
  { name: 'balsa.commit_timeout', initial: '10s', parse: duration },
  { name: 'balsa.max_staleness', initial: '0', parse: duration },
  {
    name: 'balsa.read_consistency',
    initial: 'linearizable',
    parse: oneOf('linearizable', 'session', 'stale'),
  },
  { name: 'bytea_output', initial: 'hex', parse: oneOf('hex', 'escape') },
  { name: 'client_encoding', initial: 'UTF8', isReported: true, parse: encoding },
  {
    name: 'client_min_messages',
    initial: 'notice',
    parse: oneOf(
      'debug5',
      'debug4',
      'debug3',
      'debug2',
      'debug1',
      'log',
      'notice',
      'warning',
      'error',
    ),
  },
  { name: 'DateStyle', initial: 'ISO, MDY', isReported: true, parse: dateStyle },
  { name: 'default_transaction_deferrable', initial: 'off', parse: parseBoolean },
  {
    name: 'default_transaction_isolation',
    initial: 'serializable',
    parse: parseIsolation,
  },
  { name: 'default_transaction_read_only', initial: 'off', isReported: true, parse: parseBoolean },
  { name: 'extra_float_digits', initial: '1', parse: integer(-15, 3) },
  { name: 'idle_in_transaction_session_timeout', initial: '0', parse: duration },
  { name: 'in_hot_standby', initial: 'off', isReported: true, isReadOnly: true },
  { name: 'integer_datetimes', initial: 'on', isReported: true, isReadOnly: true },
  { name: 'IntervalStyle', initial: 'postgres', isReported: true, parse: oneOf('postgres') },
  { name: 'is_superuser', initial: 'on', isReported: true, isReadOnly: true },
  { name: 'lc_collate', initial: 'C', isReadOnly: true },
  { name: 'lc_ctype', initial: 'C', isReadOnly: true },
  { name: 'lock_timeout', initial: '0', parse: duration },
  { name: 'max_identifier_length', initial: '63', isReadOnly: true },
  { name: 'search_path', initial: '"$user", public' },
  { name: 'server_encoding', initial: 'UTF8', isReported: true, isReadOnly: true },
  { name: 'server_version', initial: '15.0', isReported: true, isReadOnly: true },
  { name: 'server_version_num', initial: '150000', isReadOnly: true },
  { name: 'session_authorization', initial: 'postgres', isReported: true, isReadOnly: true },
  { name: 'standard_conforming_strings', initial: 'on', isReported: true, parse: onlyOn },
  { name: 'statement_timeout', initial: '0', parse: duration },
  { name: 'synchronous_commit', initial: 'on', parse: onlyOn },
  { name: 'TimeZone', initial: 'UTC', isReported: true, parse: timeZone },
  // Of the current transaction: TransactionBlock sets them.
  {
    name: 'transaction_deferrable',
    initial: 'off',
    isReadOnly: true,
    fallback: 'default_transaction_deferrable',
  },
  {
    name: 'transaction_isolation',
    initial: 'serializable',
    isReadOnly: true,
    fallback: 'default_transaction_isolation',
  },
  {
    name: 'transaction_read_only',
    initial: 'off',
    isReadOnly: true,
    fallback: 'default_transaction_read_only',
  },
];

function dateStyle(text: string, name: string): string {
  const parts = text.split(',').map((part) => part.trim().toUpperCase());
  const style = parts.find((part) => ['ISO', 'GERMAN', 'SQL', 'POSTGRES'].includes(part)) ?? 'ISO';
  const order = parts.find((part) => ['MDY', 'DMY', 'YMD'].includes(part)) ?? 'MDY';
  const isKnown = parts.every((part) =>
    ['ISO', 'GERMAN', 'SQL', 'POSTGRES', 'MDY', 'DMY', 'YMD'].includes(part),
  );
  if (!isKnown) throw invalid(name, text);
  if (style !== 'ISO') throw new PgError('0A000', `DateStyle ${style} is not supported`);
  return `ISO, ${order}`;
}

const BY_NAME = new Map(
  DEFINITIONS.map((definition) => [definition.name.toLowerCase(), definition]),
);

/** Values as they were, see Settings.snapshot. */
export interface SettingsSnapshot {
  readonly values: ReadonlyMap<string, string>;
  readonly locals: ReadonlyMap<string, string>;
}

export class Settings {
  #values = new Map<string, string>();
  /** SET LOCAL: until the end of the transaction. */
  #locals = new Map<string, string>();
  /** What RESET goes back to: the start of the session. */
  readonly #resets = new Map<string, string>();
  /** Facts that the server sets, not the client. */
  readonly #facts = new Map<string, string>();

  #definition(name: string): SettingDefinition {
    const known = BY_NAME.get(name.toLowerCase());
    if (known !== undefined) return known;
    if (!name.includes('.') || name.toLowerCase().startsWith('balsa.')) {
      throw new PgError('42704', `unrecognized configuration parameter "${name}"`);
    }
    return { name, initial: '' };
  }

  /** The value, in the form that SHOW gives. */
  get(name: string): string {
    const definition = this.#definition(name);
    const key = definition.name.toLowerCase();
    const isCustom = !BY_NAME.has(key);
    const value = this.#own(key);
    if (isCustom && value === undefined) {
      throw new PgError('42704', `unrecognized configuration parameter "${name}"`);
    }
    if (value !== undefined) return value;
    return definition.fallback === undefined ? definition.initial : this.get(definition.fallback);
  }

  #own(key: string): string | undefined {
    return (
      this.#facts.get(key) ??
      this.#locals.get(key) ??
      this.#values.get(key) ??
      this.#resets.get(key)
    );
  }

  /** null if there is no such setting. */
  tryGet(name: string): string | null {
    const key = name.toLowerCase();
    if (BY_NAME.has(key)) return this.get(name);
    return this.#own(key) ?? null;
  }

  /** Null sets the default. Returns the canonical name. */
  set(name: string, value: string | null, isLocal = false): string {
    const definition = this.#definition(name);
    if (definition.isReadOnly === true) {
      throw new PgError('55P02', `parameter "${definition.name}" cannot be changed`);
    }
    const key = definition.name.toLowerCase();
    const parsed = value === null ? null : (definition.parse?.(value, definition.name) ?? value);
    if (isLocal) this.#locals.set(key, parsed ?? this.#resets.get(key) ?? definition.initial);
    else {
      this.#locals.delete(key);
      if (parsed === null) this.#values.delete(key);
      else this.#values.set(key, parsed);
    }
    return definition.name;
  }

  /** What restore() goes back to. */
  snapshot(): SettingsSnapshot {
    return { values: new Map(this.#values), locals: new Map(this.#locals) };
  }

  /** The transaction, or a part of it, did not take effect. */
  restore({ values, locals }: SettingsSnapshot): void {
    this.#values = new Map(values);
    this.#locals = new Map(locals);
  }

  /** The end of a transaction is the end of SET LOCAL. */
  dropLocals(): void {
    this.#locals.clear();
  }

  /** From the startup packet: what RESET goes back to. */
  setAtStart(name: string, value: string): void {
    this.set(name, value);
    const key = name.toLowerCase();
    this.#resets.set(key, this.#values.get(key) ?? value);
    this.#values.delete(key);
  }

  /** What the server knows of itself: server_version, in_hot_standby, transaction_isolation. */
  setFact(name: string, value: string | null): void {
    if (value === null) this.#facts.delete(name.toLowerCase());
    else this.#facts.set(name.toLowerCase(), value);
  }

  resetAll(): void {
    this.#values.clear();
    this.#locals.clear();
  }

  /** Settings that clients are told of, with their values. */
  reported(): readonly (readonly [name: string, value: string])[] {
    return DEFINITIONS.filter((definition) => definition.isReported === true).map(
      ({ name }) => [name, this.get(name)] as const,
    );
  }

  /** All that have a definition, by name. */
  all(): readonly SettingValue[] {
    return DEFINITIONS.map(({ name, initial, isReadOnly = false }) => {
      const key = name.toLowerCase();
      const resetValue = this.#facts.get(key) ?? this.#resets.get(key) ?? initial;
      return { name, value: this.get(name), resetValue, isReadOnly };
    });
  }

  /** Schemas that unqualified names are looked up in, in order. */
  searchPath(user: string): readonly string[] {
    return this.get('search_path')
      .split(',')
      .map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
      .map((part) => (part === '$user' ? user : part))
      .filter((part) => part !== '');
  }
}
