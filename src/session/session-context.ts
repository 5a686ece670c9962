// What the parts of one session share.
import type { BackendWriter } from '../protocol/backend-writer.ts';
import type { CompileSettings } from '../sql/plan.ts';
import type { SessionSequences } from '../sql/functions/session-sequences.ts';
import { writeSessionSequences } from '../sql/functions/session-sequences.ts';
import type { FormatSettings } from '../types/pg-type.ts';
import type { Sessions } from './activity.ts';
import type { Arrivals } from './arrivals.ts';
import type { Backend, ReadConsistency, RunOptions } from './backend.ts';
import type { Cancellation } from '../util/cancellation.ts';
import type { Cursors } from './cursors.ts';
import type { Kept } from './kept.ts';
import type { MessageInput } from './message-input.ts';
import { setConfig } from './change-setting.ts';
import type { Channels } from './channels.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import { settingFacts } from './setting-facts.ts';
import { writeWarning } from './results.ts';
import type { Settings } from './settings.ts';
import { durationMs } from './setting-values.ts';
import type { TransactionBlock } from './transaction-block.ts';

export interface SessionContext {
  readonly backend: Backend;
  readonly database: string;
  readonly processId: number;
  readonly settings: Settings;
  readonly writer: BackendWriter;
  /** For a statement that reads messages of the client itself. */
  readonly input: MessageInput;
  readonly arrivals: Arrivals;
  /** Sends what was written; resolves when the client has taken enough of it, in another turn. */
  flush(): Promise<void>;
  readonly block: TransactionBlock;
  /** Of portals and cursors. */
  readonly kept: Kept;
  readonly cursors: Cursors;
  readonly statements: PreparedStatements;
  /** What it got from sequences. */
  readonly sequences: SessionSequences;
  readonly channels: Channels;
  /** Of this node. */
  readonly sessions: Sessions;
  user: string;
  /** The last query string, or that of the statement that was executed last. */
  query: string;
  /** Used up by a cancel request; then a new one begins with the next query cycle. */
  cancellation: Cancellation;
}

export function compileSettings(context: SessionContext): CompileSettings {
  const { settings, user } = context;
  return {
    searchPath: settings.searchPath(user),
    user,
    timeZone: settings.get('TimeZone'),
    dateStyle: settings.get('DateStyle'),
    intervalStyle: settings.get('IntervalStyle'),
  };
}

export function formatSettings({ settings }: SessionContext): FormatSettings {
  return settings.derived(formatsOf);
}

function formatsOf(settings: Settings): FormatSettings {
  return {
    timeZone: settings.get('TimeZone'),
    dateStyle: settings.get('DateStyle'),
    intervalStyle: settings.get('IntervalStyle'),
    extraFloatDigits: Number(settings.get('extra_float_digits')),
    byteaOutput: settings.get('bytea_output') === 'escape' ? 'escape' : 'hex',
  };
}

type SetOptions = Pick<
  RunOptions,
  | 'consistency'
  | 'maxStalenessMs'
  | 'commitTimeoutMs'
  | 'statementTimeoutMs'
  | 'lockTimeoutMs'
  | 'idempotencyKey'
>;

function setOptionsOf(settings: Settings): SetOptions {
  return {
    consistency: settings.get('balsa.read_consistency') as ReadConsistency,
    maxStalenessMs: durationMs(settings.get('balsa.max_staleness')),
    commitTimeoutMs: durationMs(settings.get('balsa.commit_timeout')),
    statementTimeoutMs: durationMs(settings.get('statement_timeout')),
    lockTimeoutMs: durationMs(settings.get('lock_timeout')),
    idempotencyKey: settings.get('balsa.idempotency_key'),
  };
}

export function runOptions(context: SessionContext): RunOptions {
  const { settings } = context;
  return {
    ...settings.derived(setOptionsOf),
    isFresh: context.arrivals.isCovered,
    warn: (message) => writeWarning(context, '01000', message),
    setting: (name) => factOrSetting(context, name),
    settingNames: () => settings.names(),
    setConfig: (action) => setConfig(context, action),
    signal: ({ pid, isEnd }) => {
      if (context.sessions.signal(pid, isEnd)) return true;
      writeWarning(context, '01000', `PID ${pid} is not a PostgreSQL server process`);
      return false;
    },
    noteKeyUsed: () => {
      if (settings.get('balsa.idempotency_key') !== '') settings.set('balsa.idempotency_key', '');
    },
    noteSequences: ({ last, values }) => {
      if (last !== 0) context.sequences.last = last;
      for (const [oid, value] of values) context.sequences.values.set(oid, value);
    },
    cancellation: context.cancellation,
  };
}

/** See CallContext.setting: facts have a leading `@`. */
function factOrSetting(context: SessionContext, name: string): string | null {
  switch (name) {
    case '@user':
      return context.user;
    case '@database':
      return context.database;
    case '@pid':
      return String(context.processId);
    case '@activity':
      return JSON.stringify(context.sessions.all());
    case '@lock_tokens':
      return context.backend.locks.tokens(context.processId);
    case '@sequences':
      return writeSessionSequences(context.sequences);
    case '@channels':
      return JSON.stringify(context.channels.names());
    case '@prepared':
      return context.statements.facts();
    case '@settings':
      return settingFacts(context.settings);
    case '@in_recovery':
      return context.backend.isLeader() ? 'off' : 'on';
    default:
      return name.startsWith('@') ? context.backend.fact(name) : context.settings.tryGet(name);
  }
}
