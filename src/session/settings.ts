// The settings of a session (Postgres calls them GUCs): what clients may SET and SHOW.
import { parseSearchPath } from '../catalog/search-path.ts';
import { PgError } from '../errors/pg-error.ts';
import { IGNORED_SETTINGS } from './ignored-settings.ts';
import {
  atMost,
  dateStyle,
  duration,
  encoding,
  integer,
  intervalStyle,
  nameList,
  oneOf,
  onlyOn,
  parseBoolean,
  parseIsolation,
  SEVERITIES,
  timeZone,
} from './setting-values.ts';
import type { ValueParser } from './setting-values.ts';

export interface SettingDefinition {
  readonly name: string;
  readonly initial: string;
  /** Clients are told of every change (PG: 55.2.7 Asynchronous Operations). */
  readonly isReported?: boolean;
  readonly isReadOnly?: boolean;
  /** Where the value comes from while it has none of its own. */
  readonly fallback?: string;
  /** Canonical form of a value, or throws. */
  readonly parse?: ValueParser;
}

export interface SettingValue {
  readonly name: string;
  readonly value: string;
  /** What RESET would make of it. */
  readonly resetValue: string;
  readonly isReadOnly: boolean;
}

const DEFINITIONS: readonly SettingDefinition[] = [
  { name: 'application_name', initial: '', isReported: true },
  { name: 'balsa.commit_timeout', initial: '10s', parse: duration },
  { name: 'balsa.idempotency_key', initial: '', parse: atMost(200) },
  { name: 'balsa.max_staleness', initial: '0', parse: duration },
  {
    name: 'balsa.read_consistency',
    initial: 'linearizable',
    parse: oneOf('linearizable', 'session', 'stale'),
  },
  { name: 'bytea_output', initial: 'hex', parse: oneOf('escape', 'hex') },
  { name: 'client_encoding', initial: 'UTF8', isReported: true, parse: encoding },
  {
    name: 'client_min_messages',
    initial: 'notice',
    parse: oneOf(...SEVERITIES),
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
  { name: 'IntervalStyle', initial: 'postgres', isReported: true, parse: intervalStyle },
  { name: 'is_superuser', initial: 'on', isReported: true, isReadOnly: true },
  { name: 'lc_collate', initial: 'C', isReadOnly: true },
  { name: 'lc_ctype', initial: 'C', isReadOnly: true },
  { name: 'lock_timeout', initial: '0', parse: duration },
  { name: 'max_identifier_length', initial: '63', isReadOnly: true },
  { name: 'role', initial: 'none' },
  { name: 'search_path', initial: '"$user", public', parse: nameList },
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
  { name: 'max_function_args', initial: '100', isReadOnly: true },
  { name: 'max_index_keys', initial: '32', isReadOnly: true },
  ...IGNORED_SETTINGS,
];

/** `as`: its name, as the client has written it. */
function parsed({ name, parse }: SettingDefinition, value: string, as: string): string {
  return parse?.(value, as, name) ?? value;
}

const BY_NAME = new Map(
  DEFINITIONS.map((definition) => [definition.name.toLowerCase(), definition]),
);

const SORTED = [...BY_NAME]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([, definition]) => definition);

/** Values as they were, see Settings.snapshot. */
export interface SettingsSnapshot {
  readonly values: ReadonlyMap<string, string>;
  readonly locals: ReadonlyMap<string, string>;
}

export class Settings {
  /** Replaced as a whole by a change, so that a snapshot costs nothing. */
  #values: ReadonlyMap<string, string> = new Map();
  /** SET LOCAL: until the end of the transaction. */
  #locals: ReadonlyMap<string, string> = new Map();
  /** What RESET goes back to: the start of the session. */
  readonly #resets = new Map<string, string>();
  /** Facts that the server sets, not the client. */
  readonly #facts = new Map<string, string>();
  /** See derived(). */
  readonly #derived = new Map<unknown, unknown>();

  #definition(name: string): SettingDefinition {
    const known = BY_NAME.get(name.toLowerCase());
    if (known !== undefined) return known;
    if (!name.includes('.') || name.toLowerCase().startsWith('balsa.')) {
      throw new PgError('42704', `unrecognized configuration parameter "${name}"`);
    }
    return { name, initial: '' };
  }

  /**
   * What the function makes of the settings. It is asked again only when one of them has changed:
   * as long as none has, the answer is the same object.
   */
  derived<T>(compute: (settings: Settings) => T): T {
    const known = this.#derived.get(compute);
    if (known !== undefined) return known as T;
    const value = compute(this);
    this.#derived.set(compute, value);
    return value;
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

  #settable(name: string): SettingDefinition {
    const definition = this.#definition(name);
    if (definition.isReadOnly !== true) return definition;
    throw new PgError('55P02', `parameter "${definition.name}" cannot be changed`);
  }

  /** Null sets the default. Returns the canonical name. */
  set(name: string, value: string | null, isLocal = false): string {
    const definition = this.#settable(name);
    const key = definition.name.toLowerCase();
    const text = value === null ? null : parsed(definition, value, name);
    const locals = new Map(this.#locals);
    if (isLocal) locals.set(key, text ?? this.#resets.get(key) ?? definition.initial);
    else {
      locals.delete(key);
      this.#change(key, text);
    }
    this.#locals = locals;
    this.#derived.clear();
    return definition.name;
  }

  #change(key: string, value: string | null): void {
    const values = new Map(this.#values);
    // A setting of nobody's is there once it was set, and has no default.
    if (value !== null) values.set(key, value);
    else if (BY_NAME.has(key) || !values.has(key)) values.delete(key);
    else values.set(key, '');
    this.#values = values;
  }

  /** What restore() goes back to. */
  snapshot(): SettingsSnapshot {
    return { values: this.#values, locals: this.#locals };
  }

  /** The transaction, or a part of it, did not take effect. */
  restore({ values, locals }: SettingsSnapshot): void {
    if (values === this.#values && locals === this.#locals) return;
    this.#derived.clear();
    const own = [...this.#values.keys(), ...this.#locals.keys()].filter((key) => !BY_NAME.has(key));
    const forgotten = own.filter((key) => !values.has(key) && !this.#resets.has(key));
    this.#values = values;
    this.#locals = locals;
    // As #change() has it.
    if (forgotten.length > 0) {
      this.#values = new Map([...values, ...forgotten.map((key) => [key, ''] as const)]);
    }
  }

  /** The end of a transaction is the end of SET LOCAL. */
  dropLocals(): void {
    if (this.#locals.size === 0) return;
    const own = [...this.#locals.keys()].filter((key) => !BY_NAME.has(key));
    const forgotten = own.filter((key) => !this.#values.has(key) && !this.#resets.has(key));
    // As #change() has it.
    for (const key of forgotten) this.#change(key, '');
    this.#locals = new Map();
    this.#derived.clear();
  }

  /** From the startup packet: what RESET goes back to. */
  setAtStart(name: string, value: string): void {
    const definition = this.#settable(name);
    this.#resets.set(definition.name.toLowerCase(), parsed(definition, value, name));
    this.#derived.clear();
  }

  /** What the server knows of itself: server_version, in_hot_standby, transaction_isolation. */
  setFact(name: string, value: string | null): void {
    const key = name.toLowerCase();
    if ((this.#facts.get(key) ?? null) === value) return;
    if (value === null) this.#facts.delete(key);
    else this.#facts.set(key, value);
    this.#derived.clear();
  }

  resetAll(): void {
    this.#values = new Map();
    this.#locals = new Map();
    this.#derived.clear();
  }

  /** Settings that clients are told of, with their values; see derived(). */
  reported(): readonly (readonly [name: string, value: string])[] {
    return this.derived(reportedOf);
  }

  /** Of all that have a value. */
  names(): readonly string[] {
    const own = [...this.#resets.keys(), ...this.#values.keys(), ...this.#locals.keys()];
    return [...new Set([...BY_NAME.keys(), ...own])];
  }

  /** All that have a definition, sorted by name. */
  all(): readonly SettingValue[] {
    return SORTED.map(({ name, initial, isReadOnly = false }) => {
      const key = name.toLowerCase();
      const resetValue = this.#facts.get(key) ?? this.#resets.get(key) ?? initial;
      return { name, value: this.get(name), resetValue, isReadOnly };
    });
  }

  /** Schemas that unqualified names are looked up in, in order. */
  searchPath(user: string): readonly string[] {
    return parseSearchPath(this.get('search_path'), user);
  }
}

function reportedOf(settings: Settings): readonly (readonly [name: string, value: string])[] {
  return DEFINITIONS.filter((definition) => definition.isReported === true).map(
    ({ name }) => [name, settings.get(name)] as const,
  );
}
