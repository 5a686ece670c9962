// What one session of a client holds, as its gateway knows it from the outcomes of its requests.
import type { LockMode } from '../sql/functions/lock-modes.ts';
import { covers } from '../sql/functions/lock-modes.ts';

export interface HeldLock {
  readonly resource: string;
  readonly mode: LockMode;
  /** 0: the session's. */
  readonly transaction: number;
  readonly token: number;
  /** Session of the gateway that it ends with. */
  readonly sessionId: number;
}

export class OwnerLocks {
  readonly owner: number;
  /** One for each time that it was acquired, in order. */
  #held: HeldLock[] = [];
  /** Its requests go one after the other: what is told of one is known when the next begins. */
  #last: Promise<void> = Promise.resolve();
  #openCount = 0;
  /** What it waits for was granted. */
  onGrant: ((resource: string, token: number, sessionId: number) => void) | null = null;

  constructor(owner: number) {
    this.owner = owner;
  }

  get isIdle(): boolean {
    return this.#held.length === 0 && this.#openCount === 0;
  }

  /** Runs `task` when those before it have ended. */
  enqueue<T>(task: () => Promise<T>): Promise<T> {
    this.#openCount += 1;
    const result = this.#last.then(task);
    const end = (): void => {
      this.#openCount -= 1;
    };
    this.#last = result.then(end, end);
    return result;
  }

  get held(): readonly HeldLock[] {
    return this.#held;
  }

  add(lock: HeldLock): void {
    this.#held.push(lock);
  }

  /** One acquisition of it, the latest; undefined: it is not held so. */
  find(resource: string, mode: LockMode, transaction: number): HeldLock | undefined {
    return this.#held.findLast(
      (lock) =>
        lock.resource === resource && lock.mode === mode && lock.transaction === transaction,
    );
  }

  /** True if the transaction holds it, so or in a stronger mode. */
  isHeldBy(transaction: number, resource: string, mode: LockMode): boolean {
    return this.#held.some(
      (lock) =>
        lock.resource === resource && lock.transaction === transaction && covers(lock.mode, mode),
    );
  }

  ofTransaction(transaction: number): readonly HeldLock[] {
    return this.#held.filter((lock) => lock.transaction === transaction);
  }

  remove(lock: HeldLock): void {
    this.#held.splice(this.#held.indexOf(lock), 1);
  }

  removeTransaction(transaction: number): void {
    this.#held = this.#held.filter((lock) => lock.transaction !== transaction);
  }

  /** True if something was held that ended with an earlier session of the gateway. */
  dropOtherSessions(sessionId: number | null): boolean {
    const before = this.#held.length;
    this.#held = this.#held.filter((lock) => lock.sessionId === sessionId);
    return this.#held.length < before;
  }

  clear(): void {
    this.#held = [];
  }

  /** By resource, the token with which it is held since the longest. */
  tokens(): Readonly<Record<string, number>> {
    const tokens: Record<string, number> = {};
    for (const { resource, token } of this.#held) tokens[resource] ??= token;
    return tokens;
  }
}
