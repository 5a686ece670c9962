// What pg_settings shows of the settings of a session (PG: 54.25 pg_settings).
import { IGNORED_SETTINGS } from './ignored-settings.ts';
import type { IgnoredSetting } from './ignored-settings.ts';
import { durationMs, memoryKilobytes } from './setting-values.ts';
import type { Settings } from './settings.ts';

type Kind = IgnoredSetting['kind'] | 'duration';

const CLIENT = 'Client Connection Defaults';
const CLUSTER = 'Replication';
const PRESET = 'Preset Options';

/** Kind, category and purpose by name. */
const ABOUT: Readonly<Record<string, readonly [kind: Kind, category: string, purpose: string]>> = {
  application_name: ['string', 'Reporting and Logging', 'Name of the application, for logs.'],
  'balsa.commit_timeout': ['duration', CLUSTER, 'How long a statement waits for a majority.'],
  'balsa.max_staleness': ['duration', CLUSTER, 'Greatest age of what a stale read shows; 0: any.'],
  'balsa.read_consistency': ['enum', CLUSTER, 'What a read is sure to see.'],
  bytea_output: ['enum', CLIENT, 'How bytea is written.'],
  client_encoding: ['string', CLIENT, 'Encoding of text between client and server.'],
  client_min_messages: ['enum', CLIENT, 'The least severe messages sent to the client.'],
  DateStyle: ['string', CLIENT, 'How dates are written, and ambiguous ones read.'],
  default_transaction_isolation: ['enum', CLIENT, 'Isolation level of new transactions.'],
  default_transaction_read_only: ['bool', CLIENT, 'Whether new transactions are read-only.'],
  extra_float_digits: ['integer', CLIENT, 'Digits of floating-point numbers.'],
  idle_in_transaction_session_timeout: [
    'duration',
    CLIENT,
    'How long a transaction may wait for its client.',
  ],
  in_hot_standby: ['bool', PRESET, 'Whether this node is a follower at the moment.'],
  integer_datetimes: ['bool', PRESET, 'Whether times are stored as integers.'],
  IntervalStyle: ['enum', CLIENT, 'How intervals are written.'],
  is_superuser: ['bool', PRESET, 'Whether the user may do everything.'],
  lc_collate: ['string', PRESET, 'Order of text.'],
  lc_ctype: ['string', PRESET, 'Classes of characters.'],
  lock_timeout: ['duration', CLIENT, 'How long a statement may wait for a lock.'],
  max_identifier_length: ['integer', PRESET, 'Longest name in bytes.'],
  role: ['string', CLIENT, 'The user whose privileges hold.'],
  search_path: ['string', CLIENT, 'Schemas in which names without one are looked up.'],
  server_encoding: ['string', PRESET, 'Encoding of the database.'],
  server_version: ['string', PRESET, 'Version of PostgreSQL that the server behaves like.'],
  server_version_num: ['integer', PRESET, 'The same as a number.'],
  session_authorization: ['string', CLIENT, 'The user of the session.'],
  standard_conforming_strings: ['bool', CLIENT, 'Backslashes in strings are ordinary.'],
  statement_timeout: ['duration', CLIENT, 'How long a statement may take.'],
  synchronous_commit: ['enum', CLUSTER, 'A commit is on the disks of a majority.'],
  TimeZone: ['string', CLIENT, 'Time zone in which times are shown and read.'],
  transaction_isolation: ['enum', CLIENT, 'Isolation level of the current transaction.'],
  transaction_read_only: ['bool', CLIENT, 'Whether the current transaction is read-only.'],
};

const IGNORED = 'Accepted, Without Effect';
const KINDS = new Map(IGNORED_SETTINGS.map(({ name, kind }) => [name, kind]));

/** Of those that are shown as a number of something. */
const UNITS: Partial<Record<Kind, readonly [unit: string, amount: (text: string) => number]>> = {
  duration: ['ms', (text) => durationMs(text)],
  memory: ['kB', memoryKilobytes],
};

/** JSON: a list of SettingFacts, for the function behind pg_settings. */
export function settingFacts(settings: Settings): string {
  const facts = settings.all().map(({ name, value, resetValue, isReadOnly }) => {
    const [kind, category, description] = ABOUT[name] ?? [KINDS.get(name) ?? 'string', IGNORED, ''];
    const [unit, amount] = UNITS[kind] ?? [null, String];
    const shown = (text: string): string => String(amount(text));
    return {
      name,
      setting: shown(value),
      unit,
      category,
      description,
      context: isReadOnly ? 'internal' : 'user',
      type: unit === null ? kind : 'integer',
      resetValue: shown(resetValue),
    };
  });
  return JSON.stringify(facts);
}
