// Settings that clients set, pg_dump and drivers among them, and that change nothing here: there is
// no such planner, no triggers, one tablespace. They take the values that Postgres takes, with its
// defaults, and show them again.
import { PgError } from '../errors/pg-error.ts';
import { integer, memory, oneOf, onlyOn, parseBoolean, real } from './setting-values.ts';
import type { ValueParser } from './setting-values.ts';

export interface IgnoredSetting {
  readonly name: string;
  readonly kind: 'bool' | 'enum' | 'integer' | 'real' | 'string' | 'memory';
  readonly initial: string;
  readonly parse: ValueParser;
}

const ON = [
  ...['check_function_bodies', 'escape_string_warning', 'geqo', 'jit'],
  ...['row_security', 'synchronize_seqscans', 'parallel_leader_participation'],
  ...['async_append', 'bitmapscan', 'gathermerge', 'hashagg', 'hashjoin', 'incremental_sort'].map(
    enable,
  ),
  ...['indexonlyscan', 'indexscan', 'material', 'memoize', 'mergejoin', 'nestloop'].map(enable),
  ...['parallel_append', 'parallel_hash', 'partition_pruning', 'seqscan', 'sort', 'tidscan'].map(
    enable,
  ),
];
const OFF = [
  'lo_compat_privileges',
  ...['partitionwise_aggregate', 'partitionwise_join'].map(enable),
];
/** What Postgres can do and this cannot. */
const NEVER_ON = ['default_with_oids', 'quote_all_identifiers', 'transform_null_equals'];

function enable(what: string): string {
  return `enable_${what}`;
}

function anyText(text: string): string {
  return text;
}

function neverOn(text: string, name: string): string {
  if (parseBoolean(text, name) === 'off') return 'off';
  throw new PgError('0A000', `${name} = on is not supported`);
}

function only(value: string): ValueParser {
  return (text, name) => {
    if (text.toLowerCase() === value) return value;
    throw new PgError('0A000', `${name} = ${text} is not supported`);
  };
}

function named(
  kind: IgnoredSetting['kind'],
  parse: ValueParser,
  initials: Readonly<Record<string, string>>,
): readonly IgnoredSetting[] {
  return Object.entries(initials).map(([name, initial]) => ({ name, kind, initial, parse }));
}

function booleans(names: readonly string[], initial: string, parse: ValueParser) {
  return named('bool', parse, Object.fromEntries(names.map((name) => [name, initial])));
}

const INT_MAX = 2 ** 31 - 1;

export const IGNORED_SETTINGS: readonly IgnoredSetting[] = [
  ...booleans(ON, 'on', parseBoolean),
  ...booleans(OFF, 'off', parseBoolean),
  ...booleans(NEVER_ON, 'off', neverOn),
  ...booleans(['array_nulls'], 'on', onlyOn),
  ...named('enum', oneOf('content', 'document'), { xmloption: 'content' }),
  ...named('enum', oneOf('partition', 'on', 'off'), { constraint_exclusion: 'partition' }),
  ...named('enum', oneOf('auto', 'force_generic_plan', 'force_custom_plan'), {
    plan_cache_mode: 'auto',
  }),
  ...named('enum', oneOf('pglz', 'lz4'), { default_toast_compression: 'pglz' }),
  ...named('enum', oneOf('md5', 'scram-sha-256'), { password_encryption: 'scram-sha-256' }),
  ...named('enum', only('origin'), { session_replication_role: 'origin' }),
  ...named('string', anyText, {
    default_table_access_method: 'heap',
    default_tablespace: '',
    lc_messages: 'C',
    lc_monetary: 'C',
    lc_numeric: 'C',
    lc_time: 'C',
    restrict_nonsystem_relation_kind: '',
    temp_tablespaces: '',
  }),
  ...named('memory', memory(64), { work_mem: '4MB' }),
  ...named('memory', memory(1024), { maintenance_work_mem: '64MB' }),
  ...named('memory', memory(800, 8), { temp_buffers: '8MB' }),
  ...named('memory', memory(8, 8), { effective_cache_size: '4GB' }),
  ...named('integer', integer(0, 1024), {
    max_parallel_maintenance_workers: '2',
    max_parallel_workers: '8',
    max_parallel_workers_per_gather: '2',
  }),
  ...named('integer', integer(0, 1000), { effective_io_concurrency: '1' }),
  ...named('integer', integer(1, 10_000), { default_statistics_target: '100' }),
  ...named('integer', integer(1, INT_MAX), { from_collapse_limit: '8', join_collapse_limit: '8' }),
  ...named('real', real(0, 1), { cursor_tuple_fraction: '0.1' }),
  ...named('real', real(1, 1000), { hash_mem_multiplier: '2' }),
  ...named('real', real(0, Number.MAX_VALUE), {
    cpu_index_tuple_cost: '0.005',
    cpu_operator_cost: '0.0025',
    cpu_tuple_cost: '0.01',
    parallel_setup_cost: '1000',
    parallel_tuple_cost: '0.1',
    random_page_cost: '4',
    seq_page_cost: '1',
  }),
];
