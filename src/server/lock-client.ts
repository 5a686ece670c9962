// Locks of this node's clients, taken and released through the log. The lock table is the machine's
// (machine/locks.ts); here is what a client waits for, how the wait ends, and what must be released
// when its transaction or its session does.
import { PgError } from '../errors/pg-error.ts';
import type { Answer, Gateway } from '../gateway/gateway.ts';
import type { LockAction } from '../machine/command.ts';
import {
  LOCK_DEADLOCK,
  LOCK_NOT_TRIED,
  LOCK_UNAVAILABLE,
  LOCK_WAITS,
} from '../machine/lock-table.ts';
import type { Grant } from '../machine/locks.ts';
import type { RunOptions, SessionLocks } from '../session/backend.ts';
import { readAction } from '../sql/functions/lock-actions.ts';
import type { RowsAction } from '../sql/functions/lock-actions.ts';
import { ROW_SHARE } from '../sql/functions/lock-modes.ts';
import type { LockMode } from '../sql/functions/lock-modes.ts';
import { tableOfRow, tableResource } from '../sql/functions/row-locks.ts';
import { lockModeName } from '../sql/functions/locks.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { must } from '../util/assert.ts';
import { Interrupt } from './interrupt.ts';
import { lateLock, lockTimeout } from './late.ts';
import { LockRequests } from './lock-requests.ts';
import { OwnerLocks } from './owner-locks.ts';
import type { HeldLock } from './owner-locks.ts';
import type { SharedState } from './shared-state.ts';

/** How long a statement that was given up waits for what was sent to be withdrawn. */
const WITHDRAW_MS = 2000;

type Acquire = Extract<LockAction, { kind: 'acquire' }>;
type NamedAcquire = Acquire & Pick<Wanted, 'name'>;

/** Locks in one request: nodes take them in one go. */
const LOCKS_PER_REQUEST = 4096;

export interface Wanted {
  readonly resource: string;
  readonly mode: LockMode;
  /** Its own. Absent: that of the others. */
  readonly policy?: Acquire['policy'] | undefined;
  /** Of a row: its table, for messages. */
  readonly name?: string | undefined;
}

export class LockClient implements SessionLocks {
  readonly #gateway: Gateway;
  readonly #shared: SharedState;
  readonly #requests: LockRequests;
  readonly #owners = new Map<number, OwnerLocks>();
  readonly #lostListeners = new Map<number, (error: PgError) => void>();
  /** Owners of transactions that may hold locks. */
  readonly #transactions = new Map<number, OwnerLocks>();

  /** `shared`: tells how far this node is behind. */
  constructor(gateway: Gateway, shared: SharedState, wake: () => void) {
    this.#gateway = gateway;
    this.#shared = shared;
    this.#requests = new LockRequests(gateway, wake);
  }

  get openCount(): number {
    return this.#requests.openCount;
  }

  #ownerOf(owner: number): OwnerLocks {
    const found = this.#owners.get(owner);
    if (found !== undefined) return found;
    const created = new OwnerLocks(owner);
    this.#owners.set(owner, created);
    return created;
  }

  // Sessions of clients ---------------------------------------------------------------------------

  tokens(processId: number): string {
    return JSON.stringify(this.#owners.get(processId)?.tokens() ?? {});
  }

  onLost(processId: number, listener: (error: PgError) => void): () => void {
    this.#lostListeners.set(processId, listener);
    return () => this.#lostListeners.delete(processId);
  }

  ended(processId: number): void {
    const locks = this.#owners.get(processId);
    if (locks === undefined) return;
    void locks.enqueue(async () => {
      if (locks.held.length > 0) {
        await this.#requests.send(processId, [{ kind: 'release-owner' }], null);
        locks.clear();
      }
      // Another session may have the number by now.
      setImmediate(() => {
        if (locks.isIdle && this.#owners.get(processId) === locks) this.#owners.delete(processId);
      });
    });
  }

  async unlockAll(processId: number): Promise<void> {
    const locks = this.#owners.get(processId);
    if (locks !== undefined) await this.#unlockAll(locks);
  }

  /** True if something of the client must not happen if its locks are lost. Throws if they are. */
  holdsLocks(processId: number): boolean {
    const held = this.#owners.get(processId)?.held ?? [];
    if (held.some(({ sessionId }) => sessionId !== this.#gateway.sessionId)) throw locksLost();
    return held.length > 0;
  }

  /** True if locks are held or waited for, so that the gateway's session is to be kept alive. */
  get isHolding(): boolean {
    for (const { isIdle } of this.#owners.values()) if (!isIdle) return true;
    return false;
  }

  // What comes in ---------------------------------------------------------------------------------

  /** False: the answer is to another request. */
  answered(answer: Answer): boolean {
    return this.#requests.answered(answer);
  }

  /** Locks of this node's clients that were granted. */
  granted(grants: readonly Grant[]): void {
    for (const { owner, resource, token, sessionId } of grants) {
      this.#owners.get(owner)?.onGrant?.(resource, token, sessionId);
    }
  }

  /** The gateway may have another session by now. */
  checkSession(): void {
    const { sessionId } = this.#gateway;
    for (const [owner, locks] of this.#owners) {
      if (locks.dropOtherSessions(sessionId)) this.#lostListeners.get(owner)?.(locksLost());
      locks.onGrant?.('', 0, sessionId ?? 0);
    }
  }

  tick(): void {
    this.#requests.tick();
  }

  // Actions of statements -------------------------------------------------------------------------

  /** See CallContext.action. */
  async perform(text: string, transaction: number, options: RunOptions): Promise<SqliteValue> {
    const action = readAction(text);
    const locks = this.#ownerOf(Number(options.setting('@pid')));
    switch (action.kind) {
      case 'lock': {
        const { isOfTransaction, mayWait } = action;
        const of = isOfTransaction ? transaction : 0;
        const policy = mayWait ? 'wait' : 'skip';
        const [isTaken] = await this.#acquire(locks, [action], of, policy, options);
        return isTaken === true ? 1n : 0n;
      }
      case 'rows':
        return this.#takeRows(locks, action, transaction, options);
      case 'unlock':
        return this.#unlock(locks, action, options);
      case 'unlock-all':
        return this.#unlockAll(locks);
      default:
        throw new TypeError(text);
    }
  }

  /** Which were refused, by their places: see RowClaims. */
  async #takeRows(
    locks: OwnerLocks,
    { policy, acquired, released }: RowsAction,
    transaction: number,
    options: RunOptions,
  ): Promise<string> {
    if (released.length > 0) {
      await locks.enqueue(async () => {
        const held = released.map(({ resource, mode }) => locks.find(resource, mode, transaction));
        await this.#release(
          locks,
          held.filter((lock) => lock !== undefined),
        );
      });
    }
    const wanted = acquired.filter(
      ({ resource, mode }) => !locks.isHeldBy(transaction, resource, mode),
    );
    const tables = tablesOf(wanted).filter(
      ({ resource, mode }) => !locks.isHeldBy(transaction, resource, mode),
    );
    // What is refused is to leave nothing that has to be released; and who waits asks no more for that.
    const isFirst = policy === 'wait';
    const all = isFirst ? [...tables, ...wanted] : [...wanted, ...tables];
    const taken = await this.#acquire(locks, all, transaction, policy, options);
    const from = isFirst ? tables.length : 0;
    const refused = new Set(wanted.filter((_claim, at) => taken[from + at] === false));
    return acquired.flatMap((claim, at) => (refused.has(claim) ? [at] : [])).join(',');
  }

  async #unlock(
    locks: OwnerLocks,
    { resource, mode }: Wanted,
    options: RunOptions,
  ): Promise<bigint> {
    const isReleased = await locks.enqueue(async () => {
      const held = locks.find(resource, mode, 0);
      if (held === undefined) return false;
      await this.#release(locks, [held]);
      return true;
    });
    if (!isReleased) options.warn(`you don't own a lock of type ${lockModeName(mode)}`);
    return isReleased ? 1n : 0n;
  }

  async #unlockAll(locks: OwnerLocks): Promise<bigint> {
    await locks.enqueue(async () => {
      if (locks.ofTransaction(0).length === 0) return;
      const action = { kind: 'release-transaction', transaction: 0 } as const;
      await this.#requests.send(locks.owner, [action], null);
      locks.removeTransaction(0);
    });
    return 1n;
  }

  async #release(locks: OwnerLocks, held: readonly HeldLock[]): Promise<void> {
    if (held.length === 0) return;
    const actions = held.map(({ resource, mode, transaction }) => ({
      kind: 'release' as const,
      resource,
      mode,
      transaction,
    }));
    await this.#requests.send(locks.owner, actions, null);
    for (const lock of held) locks.remove(lock);
  }

  // Acquiring -------------------------------------------------------------------------------------

  /**
   * Which were taken: all of them, unless the policy is to skip. Throws 55P03, 40001, 57014; then
   * locks of the transaction may have been taken, which end with it.
   */
  async #acquire(
    locks: OwnerLocks,
    wanted: readonly Wanted[],
    transaction: number,
    policy: Acquire['policy'],
    options: RunOptions,
  ): Promise<readonly boolean[]> {
    if (transaction !== 0) this.#transactions.set(transaction, locks);
    const interrupt = new Interrupt(options);
    const taken = locks.enqueue(() =>
      this.#acquireAll(locks, wanted, transaction, policy, options, interrupt),
    );
    // What is given up is withdrawn in its own time, if no majority can be reached.
    const givenUp = new Promise<never>((_resolve, reject) => {
      interrupt.listen((error) => setTimeout(() => reject(error), WITHDRAW_MS).unref());
    });
    taken.catch(() => undefined);
    try {
      return await Promise.race([taken, givenUp]);
    } finally {
      void taken.catch(() => undefined).finally(() => interrupt.close());
    }
  }

  async #acquireAll(
    locks: OwnerLocks,
    wanted: readonly Wanted[],
    transaction: number,
    policy: Acquire['policy'],
    options: RunOptions,
    interrupt: Interrupt,
  ): Promise<readonly boolean[]> {
    const taken: boolean[] = [];
    while (taken.length < wanted.length) {
      if (interrupt.error !== null) throw interrupt.error;
      const rest = wanted.slice(taken.length, taken.length + LOCKS_PER_REQUEST);
      const actions = rest.map(({ resource, mode, name, policy: own }): NamedAcquire => {
        return { kind: 'acquire', resource, mode, transaction, policy: own ?? policy, name };
      });
      await this.#acquireSome(locks, actions, taken, options, interrupt);
    }
    return taken;
  }

  /** As far as one request comes: adds to `taken` what became of the first of `rest`. */
  async #acquireSome(
    locks: OwnerLocks,
    rest: readonly NamedAcquire[],
    taken: boolean[],
    options: RunOptions,
    interrupt: Interrupt,
  ): Promise<void> {
    const grants = new Map<string, Grant['token']>();
    let onGrant: () => void = () => undefined;
    let isLost = false;
    locks.onGrant = (resource, token, sessionId) => {
      if (token > 0) grants.set(`${sessionId} ${resource}`, token);
      else isLost = asked !== null && sessionId !== asked.sessionId;
      onGrant();
    };
    const stop = interrupt.limit(options.commitTimeoutMs, () => lateLock(this.#shared));
    let asked: Awaited<ReturnType<LockRequests['send']>> = null;
    try {
      asked = await this.#requests.send(locks.owner, rest, interrupt);
      stop();
      if (asked === null) throw interrupt.error ?? locksLost();
      for (const [at, result] of asked.results.entries()) {
        // Closed since: what was taken is lost already, and nobody else will notice.
        if (asked.sessionId !== this.#gateway.sessionId) return;
        const action = must(rest[at], 'a result is of an action');
        if (result === LOCK_NOT_TRIED) return;
        if (result === LOCK_DEADLOCK) throw deadlock(locks.owner, action);
        if (result === LOCK_UNAVAILABLE) {
          if (action.policy === 'nowait') throw notAvailable(action.name);
          taken.push(false);
          continue;
        }
        const key = `${asked.sessionId} ${action.resource}`;
        if (result === LOCK_WAITS) {
          const limit = interrupt.limit(options.lockTimeoutMs, () => lockTimeout(this.#shared));
          await new Promise<void>((resolve) => {
            onGrant = () => {
              if (isLost || grants.has(key)) resolve();
            };
            onGrant();
            interrupt.listen(() => resolve());
          });
          limit();
          if (isLost) return;
        }
        const token = result > 0n ? Number(result) : (grants.get(key) ?? 0);
        const { resource, mode, transaction } = action;
        const lock = { resource, mode, transaction, token, sessionId: asked.sessionId };
        locks.add(lock);
        // Also one that was granted just now: nobody will know of it.
        if (interrupt.error !== null && (token === 0 || transaction === 0)) {
          await this.#release(locks, [lock]);
        }
        if (interrupt.error !== null) throw interrupt.error;
        taken.push(true);
      }
    } finally {
      stop();
      locks.onGrant = null;
    }
  }

  // Ends ------------------------------------------------------------------------------------------

  /** The owner, if the transaction holds locks: without them it must not commit. */
  ownerOf(transaction: number): number | null {
    const locks = this.#transactions.get(transaction);
    return (locks?.ofTransaction(transaction).length ?? 0) > 0 ? (locks?.owner ?? null) : null;
  }

  /** To be given to releaseSince(). */
  mark(transaction: number): number {
    return this.#transactions.get(transaction)?.ofTransaction(transaction).length ?? 0;
  }

  /** Releases what the transaction took after the mark. */
  async releaseSince(transaction: number, mark: number): Promise<void> {
    const locks = this.#transactions.get(transaction);
    if (locks === undefined) return;
    await locks.enqueue(() => this.#release(locks, locks.ofTransaction(transaction).slice(mark)));
  }

  /** `isReleased`: its commit has done so. Resolves when others may have the locks. */
  async endTransaction(transaction: number, isReleased: boolean): Promise<void> {
    const locks = this.#transactions.get(transaction);
    if (locks === undefined) return;
    this.#transactions.delete(transaction);
    if (isReleased) locks.removeTransaction(transaction);
    await locks.enqueue(async () => {
      if (locks.ofTransaction(transaction).length === 0) return;
      const action = { kind: 'release-transaction', transaction } as const;
      await this.#requests.send(locks.owner, [action], null);
      locks.removeTransaction(transaction);
    });
  }
}

export const DEADLOCK = 'deadlock detected';

function deadlock(owner: number, { resource, mode }: Wanted): PgError {
  return new PgError('40001', DEADLOCK, {
    detail: `Process ${owner} would wait for ${lockModeName(mode)} on ${describe(resource)}, and who holds that waits for process ${owner}.`,
    hint: 'The transaction might succeed if retried.',
  });
}

function describe(resource: string): string {
  const [kind, ...parts] = resource.split(' ');
  if (kind === 'a') return `advisory lock [${parts.join(',')}]`;
  const [table, row] = parts;
  return row === undefined ? `relation ${table}` : `row ${row} of relation ${table}`;
}

/** Who locks rows keeps out who would have their tables alone, and waits for him. */
function tablesOf(rows: readonly Wanted[]): readonly Wanted[] {
  const tables = new Set(rows.map(({ resource }) => tableOfRow(resource)));
  return [...tables].flatMap((table) =>
    // NOWAIT and SKIP LOCKED are about rows, as in Postgres.
    table === null ? [] : [{ resource: tableResource(table), mode: ROW_SHARE, policy: 'wait' }],
  );
}

function notAvailable(table: string | undefined): PgError {
  const what = table === undefined ? '' : ` on row in relation "${table}"`;
  return new PgError('55P03', `could not obtain lock${what}`);
}

export function locksLost(): PgError {
  return new PgError(
    '57P01',
    'terminating connection: the locks of this session are lost, as its node was taken for gone',
    { severity: 'FATAL' },
  );
}
