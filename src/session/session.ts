// One client's connection as a state machine: messages in, bytes out, no sockets. Messages are
// handled one after the other; an error of the user becomes an ErrorResponse here and nowhere else.
import { PgError } from '../errors/pg-error.ts';
import { BackendWriter } from '../protocol/backend-writer.ts';
import { FrontendDecoder, ProtocolError } from '../protocol/frontend.ts';
import type { FrontendMessage } from '../protocol/frontend.ts';
import { unreachable } from '../util/assert.ts';
import { Cancellation } from '../util/cancellation.ts';
import { Arrivals } from './arrivals.ts';
import type { Backend } from './backend.ts';
import { Channels } from './channels.ts';
import { Cursors } from './cursors.ts';
import { ExtendedQuery } from './extended-query.ts';
import { Kept, KeptPool } from './kept.ts';
import { MessageQueue } from './message-input.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { runSimpleQuery } from './simple-query.ts';
import type { SessionContext } from './session-context.ts';
import { durationMs } from './setting-values.ts';
import { Settings } from './settings.ts';
import { NO_SESSIONS } from './activity.ts';
import type { Activity, Sessions } from './activity.ts';
import type { SettingsSnapshot } from './settings.ts';
import { acceptStartup } from './startup.ts';
import { TransactionBlock } from './transaction-block.ts';

/** After an error in one of these ReadyForQuery comes at once, as for Sync; after others, with Sync. */
const ENDS_CYCLE: readonly FrontendMessage['kind'][] = ['query', 'function-call'];

/** Between two messages no more answers wait to be sent. */
const UNSENT_BYTES_MAX = 64 * 1024;

/** As pg_stat_activity tells them, by the status of the transaction. */
const IDLE_STATES = {
  I: 'idle',
  T: 'idle in transaction',
  E: 'idle in transaction (aborted)',
} as const;

export interface SessionOptions {
  readonly backend: Backend;
  readonly database: string;
  readonly serverVersion: string;
  /** Of the cancel key. */
  readonly processId: number;
  readonly secret: number;
  readonly sessions?: Sessions;
  /** Shared with others. */
  readonly keptPool?: KeptPool;
  readonly write: (bytes: Buffer) => void;
  /** Resolves when the client has taken so much of what was written that more may follow. */
  readonly drained: () => Promise<void>;
  /** All messages that came are handled: more bytes are wanted. */
  readonly onStarved: () => void;
  /** The connection must end once what was written has left. */
  readonly end: () => void;
  readonly logInternalError: (error: Error) => void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #decoder = new FrontendDecoder();
  readonly #context: SessionContext;
  readonly #extended: ExtendedQuery;
  readonly #input: MessageQueue;
  #phase: 'startup' | 'ready' | 'ended' = 'startup';
  #isRunning = false;
  #hasReceived = false;
  #isShuttingDown = false;
  /** The client was waited for, and did not take its answers. */
  #hasStalled = false;
  #stopWaiting: () => void = () => undefined;
  /** Between two query cycles. */
  #isReady = false;
  /** Notifications wait for the client to take those that were written. */
  #isDraining = false;
  /** After an error in the extended protocol everything is skipped up to the next Sync. */
  #isSkipping = false;
  #reported = new Map<string, string>();
  /** Settings.reported() as it was then. */
  #lastReported: unknown = null;
  /** What the settings were when the cycle began: they are part of its transaction. */
  #settingsBefore: SettingsSnapshot;
  readonly #stopListening: () => void;
  #idleTimer: NodeJS.Timeout | undefined;
  /** The session's locks are lost: it ends. */
  #lost: PgError | null = null;
  readonly #stopWatchingLocks: () => void;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#input = new MessageQueue(
      () => this.#decoder.next(),
      () => this.#waitForMessage(),
    );
    const kept = new Kept(options.keptPool ?? new KeptPool());
    this.#context = {
      backend: options.backend,
      database: options.database,
      processId: options.processId,
      sequences: { last: 0, values: new Map() },
      channels: new Channels({
        source: options.backend.notifications,
        processId: options.processId,
        onReceived: () => this.#tellNotifications(),
      }),
      sessions: options.sessions ?? NO_SESSIONS,
      user: 'postgres',
      query: '',
      settings: new Settings(),
      writer: new BackendWriter(),
      input: this.#input,
      arrivals: new Arrivals(),
      flush: () => {
        this.#flush();
        return options.drained();
      },
      cancellation: new Cancellation(),
      block: new TransactionBlock(() => this.#context),
      kept,
      cursors: new Cursors(kept),
      statements: new PreparedStatements(kept),
    };
    this.#context.settings.setFact('server_version', options.serverVersion);
    this.#settingsBefore = this.#context.settings.snapshot();
    const { block, settings, cursors, channels } = this.#context;
    block.join({
      save: () => settings.snapshot(),
      restore: (state) => settings.restore(state),
    });
    block.join({ save: () => cursors.names(), restore: (state) => cursors.keepOnly(state) });
    block.join({ save: () => channels.save(), restore: (count) => channels.restore(count) });
    block.onEnd((isCommitted) => (isCommitted ? channels.commit() : channels.rollback()));
    block.onEnd((isCommitted) => cursors.endTransaction(isCommitted));
    block.onEnd((isCommitted) => {
      if (isCommitted) this.#settingsBefore = this.#context.settings.snapshot();
    });
    this.#extended = new ExtendedQuery(this.#context);
    this.#noteRole();
    this.#stopWatchingLocks = options.backend.locks.onLost(options.processId, (error) =>
      this.#locksLost(error),
    );
    this.#stopListening = options.backend.onRoleChange(() => {
      this.#noteRole();
      if (this.#phase === 'ready' && !this.#isRunning) {
        this.#reportChanges();
        this.#flush();
      }
    });
  }

  /** Bytes of the client. Handled in order; answers come through `write`. */
  receive(bytes: Buffer): void {
    this.#decoder.push(bytes);
    this.#context.arrivals.received();
    this.#hasReceived = true;
    if (!this.#isRunning) void this.#run();
    else this.#input.received();
  }

  /** Bytes received and not handled yet: the owner stops reading when there are many. */
  get bufferedBytes(): number {
    return this.#decoder.bufferedBytes;
  }

  /** The client asked, over another connection, to stop what runs now. */
  cancel(): void {
    this.#context.cancellation.cancel();
  }

  /** Ends the session, and what it does. */
  terminate(): void {
    this.cancel();
    this.shutDown();
  }

  activity(): Pick<Activity, 'user' | 'database' | 'applicationName' | 'state' | 'query'> {
    const { user, database, settings, block, query } = this.#context;
    return {
      user,
      database,
      applicationName: settings.get('application_name'),
      state: this.#isRunning ? 'active' : IDLE_STATES[block.status],
      query,
    };
  }

  /** Ends the session when what is in flight has been answered. */
  shutDown(): void {
    this.#isShuttingDown = true;
    this.#stopWaiting();
    if (!this.#isRunning) this.#endWith(shutdownError());
    else if (this.#input.isWaiting) this.#input.interrupt(shutdownError());
  }

  /** The socket is gone. */
  closed(): void {
    this.#phase = 'ended';
    clearTimeout(this.#idleTimer);
    this.#stopListening();
    this.#stopWatchingLocks();
    this.#context.channels.close();
    this.#context.cancellation.cancel();
    if (!this.#isRunning) this.#abandon();
  }

  /** Nothing runs, and nothing will. */
  #abandon(): void {
    this.#context.block.abandon();
    this.#context.kept.dropAll();
    this.#options.backend.locks.ended(this.#options.processId);
  }

  /** The node was taken for gone: what the locks kept from others may happen now. */
  #locksLost(error: PgError): void {
    if (this.#phase !== 'ready') return;
    if (!this.#isRunning) {
      this.#endWith(error);
      return;
    }
    this.#lost = error;
    this.#context.cancellation.cancel();
    this.#stopWaiting();
  }

  /** A statement waits for a message of the client. */
  #waitForMessage(): void {
    this.#flush();
    if (this.#isShuttingDown) this.#input.interrupt(shutdownError());
    else this.#options.onStarved();
  }

  #noteRole(): void {
    const isLeader = this.#options.backend.isLeader();
    this.#context.settings.setFact('in_hot_standby', isLeader ? 'off' : 'on');
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    clearTimeout(this.#idleTimer);
    try {
      while (this.#phase !== 'ended' && this.#lost === null) {
        this.#hasReceived = false;
        const breather = this.#context.backend.breather?.() ?? null;
        if (breather !== null) {
          await breather;
          continue;
        }
        // Bytes may come between the look for a message and here.
        if (!(await this.#step()) && !this.#hasReceived) break;
        // A pipeline may ask for more than the client reads, and than there is memory.
        if (this.#context.writer.length >= UNSENT_BYTES_MAX) await this.#drain();
        if (this.#isShuttingDown && (this.#hasStalled || this.#decoder.bufferedBytes === 0)) break;
      }
    } catch (error) {
      this.#fatal(error);
    }
    this.#isRunning = false;
    if (this.#lost !== null && this.#phase !== 'ended') this.#endWith(this.#lost);
    if (this.#phase === 'ended') this.#abandon();
    this.#flush();
    if (this.#context.channels.isOverfull) this.#endOverfull();
    if (this.#isShuttingDown && this.#phase !== 'ended') this.#endWith(shutdownError());
    this.#options.onStarved();
  }

  /** Waits for the client to take its answers, unless the session is to end. */
  async #drain(): Promise<void> {
    this.#flush();
    this.#hasStalled = true;
    await new Promise<void>((resolve) => {
      this.#stopWaiting = resolve;
      void this.#options.drained().then(() => {
        this.#hasStalled = false;
        resolve();
      });
    });
  }

  /** One message. False: there is none yet. */
  async #step(): Promise<boolean> {
    if (this.#phase === 'startup') return this.#startup();
    const message = this.#decoder.next();
    if (message === null) return false;
    this.#isReady = false;
    const kind = message.kind === 'malformed' ? message.of : message.kind;
    if (this.#isSkipping && kind !== 'sync' && kind !== 'terminate') return true;
    // A query belongs to the transaction of the messages before it, but not to blame for them.
    if (kind === 'query' && this.#extended.isWaiting) {
      if (!(await this.#attempt('flush', () => this.#extended.flush()))) return true;
    }
    await this.#attempt(kind, () => this.#handle(message));
    if (this.#extended.isOverfull) await this.#attempt('flush', () => this.#extended.flush());
    return true;
  }

  /** False: it failed, and the client was told. */
  async #attempt(
    kind: FrontendMessage['kind'],
    action: () => Promise<void> | void,
  ): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.#context.block.fail();
      const first = await this.#extended.fail(error);
      if (!this.#context.block.isExplicit) this.#context.channels.rollback();
      this.#context.settings.restore(this.#settingsBefore);
      this.#report(first);
      // If a statement from before failed, a query is skipped like what else comes before Sync.
      const isCycle = kind === 'sync' || (first === error && ENDS_CYCLE.includes(kind));
      if (isCycle) this.#ready();
      else this.#isSkipping = true;
      return false;
    }
  }

  #startup(): boolean {
    const message = this.#decoder.nextStartup();
    if (message === null) return false;
    // TLS and cancel requests are the listener's: inside a session they come too late.
    if (message.kind !== 'startup') throw new ProtocolError('unexpected startup message', null);
    const { writer } = this.#context;
    this.#context.user = acceptStartup(message, this.#context);
    this.#reportChanges();
    writer.backendKeyData(this.#options.processId, this.#options.secret);
    this.#phase = 'ready';
    this.#ready();
    return true;
  }

  #handle(message: FrontendMessage): Promise<void> | void {
    switch (message.kind) {
      case 'query':
        return this.#query(message.sql);
      case 'parse':
        return this.#extended.parse(message);
      case 'bind':
        return this.#extended.bind(message);
      case 'describe':
        return this.#extended.describe(message);
      case 'execute':
        return this.#extended.execute(message);
      case 'close':
        return this.#extended.close(message);
      case 'flush':
        return this.#flushMessage();
      case 'sync':
        return this.#sync();
      case 'terminate':
        return this.#terminate();
      case 'copy':
        // Left over from a COPY that failed: Postgres ignores them too.
        return;
      case 'function-call':
        throw new PgError('0A000', 'the function call sub-protocol is not supported');
      case 'malformed':
        throw message.error;
      default:
        return unreachable(message);
    }
  }

  async #query(sql: string): Promise<void> {
    // A simple query ends the unnamed statement.
    this.#context.statements.delete('');
    this.#beginCycle();
    this.#context.query = sql;
    await runSimpleQuery(this.#context, sql);
    this.#ready();
  }

  async #flushMessage(): Promise<void> {
    await this.#extended.flush();
    this.#flush();
  }

  async #sync(): Promise<void> {
    if (this.#isSkipping) this.#extended.discard();
    else await this.#extended.sync();
    this.#isSkipping = false;
    this.#ready();
  }

  #terminate(): void {
    this.#phase = 'ended';
    this.#options.end();
  }

  #beginCycle(): void {
    if (this.#context.cancellation.isCanceled) this.#context.cancellation = new Cancellation();
  }

  /** The end of a query cycle: exactly one ReadyForQuery. */
  #ready(): void {
    this.#isSkipping = false;
    this.#extended.endCycle();
    this.#settingsBefore = this.#context.settings.snapshot();
    this.#beginCycle();
    if (!this.#context.block.isExplicit) this.#context.channels.commit();
    this.#isReady = true;
    this.#writeNotifications();
    this.#reportChanges();
    this.#context.writer.readyForQuery(this.#context.block.status);
    this.#flush();
    this.#watchIdleTransaction();
  }

  /** A transaction that is left open keeps a snapshot, and locks: see the setting. */
  #watchIdleTransaction(): void {
    const { block, settings } = this.#context;
    if (!block.isExplicit) return;
    const limitMs = settings.derived(idleLimitMs);
    if (limitMs === 0) return;
    const message = 'terminating connection due to idle-in-transaction timeout';
    const error = new PgError('25P03', message, { severity: 'FATAL' });
    this.#idleTimer = setTimeout(() => this.#endWith(error), limitMs);
  }

  /** To a client that is idle at once, to others when they are. */
  #tellNotifications(): void {
    if (this.#context.channels.isOverfull) this.#endOverfull();
    else if (this.#phase === 'ready' && !this.#isDraining && this.#writeNotifications()) {
      this.#flush();
      this.#isDraining = true;
      void this.#options.drained().then(() => {
        this.#isDraining = false;
        this.#tellNotifications();
      });
    }
  }

  /** False: there are none, or the client is not idle. */
  #writeNotifications(): boolean {
    const { channels, block, writer } = this.#context;
    if (!this.#isReady || block.isExplicit || !channels.hasWaiting) return false;
    for (const { pid, channel, payload } of channels.take()) {
      writer.notificationResponse(pid, channel, payload);
    }
    return writer.length > 0;
  }

  /** The client would miss notifications: it is told so, once it can be told something. */
  #endOverfull(): void {
    if (this.#isRunning || this.#phase === 'ended') return;
    this.#context.channels.close();
    this.#endWith(
      new PgError('54000', 'too many notifications wait for this session', { severity: 'FATAL' }),
    );
    this.#context.block.abandon();
  }

  #reportChanges(): void {
    const values = this.#context.settings.reported();
    if (values === this.#lastReported) return;
    this.#lastReported = values;
    for (const [name, value] of values) {
      if (this.#reported.get(name) === value) continue;
      this.#reported.set(name, value);
      this.#context.writer.parameterStatus(name, value);
    }
  }

  #flush(): void {
    if (this.#context.writer.length > 0) this.#options.write(this.#context.writer.take());
  }

  #report(error: unknown): void {
    if (error instanceof ProtocolError) throw error;
    if (error instanceof PgError) {
      this.#context.writer.error(error);
      if (error.fields.severity === 'FATAL') throw error;
      return;
    }
    // A fault of ours, but in what belongs to this client alone: the others must not suffer.
    this.#options.logInternalError(error as Error);
    const { message } = error as Error;
    this.#context.writer.error(new PgError('XX000', `internal error: ${message}`));
  }

  /** The connection cannot go on. */
  #fatal(error: unknown): void {
    if (error instanceof ProtocolError) {
      if (error.answer !== null) this.#context.writer.error(error.answer);
    } else if (!(error instanceof PgError)) {
      this.#options.logInternalError(error as Error);
    } else if (this.#phase === 'startup') {
      this.#context.writer.error(
        new PgError(error.code, error.message, { ...error.fields, severity: 'FATAL' }),
      );
    }
    this.#flush();
    this.#phase = 'ended';
    this.#options.end();
  }

  /** Between two messages: the connection ends, and the client is told why. */
  #endWith(error: PgError): void {
    this.#phase = 'ended';
    this.#context.writer.error(error);
    this.#flush();
    this.#options.end();
  }
}

function idleLimitMs(settings: Settings): number {
  return durationMs(settings.get('idle_in_transaction_session_timeout'));
}

function shutdownError(): PgError {
  return new PgError('57P01', 'terminating connection due to administrator command', {
    severity: 'FATAL',
  });
}
