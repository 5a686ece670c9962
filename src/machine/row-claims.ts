// The rows that one run of a statement claims (SELECT ... FOR UPDATE): those that its transaction
// has locks for, and those that the locks are still to be taken for. The run collects all of them;
// then they are asked for in one action through the log (PerformedAction), and the statement runs
// again, until it meets no row that was not asked for. docs/decisions/0009-row-locks.md.
import { PgError } from '../errors/pg-error.ts';
import { readAction, writeAction } from '../sql/functions/lock-actions.ts';
import type { RowsAction } from '../sql/functions/lock-actions.ts';
import type { RowClaim } from '../sql/functions/row-locks.ts';
import type { PerformedAction } from './command.ts';
import type { LockOwner, Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import type { OwnRows } from './own-rows.ts';
import { ActionWanted } from './performed-actions.ts';

/** Of one statement: the lock table is in memory on every node. */
export const ROWS_MAX = 100_000;

export class RowClaims {
  /** What the statement was granted, by its row and mode. */
  readonly #granted = new Map<string, RowClaim>();
  readonly #refused = new Set<string>();
  /** All rows that were asked for last were granted: no others are looked for while these do. */
  #isClosed = false;
  /** null: the statement was told before, and gets what it got then. */
  readonly #locks: Pick<Locks, 'isFree'> | null;
  readonly #owner: LockOwner;
  readonly #own: Pick<OwnRows, 'has'>;
  readonly #mutations: MachineMutations;
  /** In this run. */
  #used = new Set<string>();
  #wanted = new Map<string, RowClaim>();

  constructor(
    performed: readonly PerformedAction[],
    locks: Pick<Locks, 'isFree'> | null,
    owner: LockOwner,
    own: Pick<OwnRows, 'has'>,
    mutations: MachineMutations = {},
  ) {
    this.#locks = locks;
    this.#owner = owner;
    this.#own = own;
    this.#mutations = mutations;
    for (const { action: text, result } of performed) {
      const action = readAction(text);
      if (action.kind === 'rows') this.#perform(action, String(result));
    }
  }

  #perform({ acquired, released }: RowsAction, result: string): void {
    const { refusedRowsGiven, refusalEndsSearch } = this.#mutations;
    const isAllGranted = result === '' || refusedRowsGiven === true;
    const refused = new Set(isAllGranted ? [] : result.split(',').map(Number));
    for (const claim of released) this.#granted.delete(keyOf(claim));
    for (const [at, claim] of acquired.entries()) {
      if (refused.has(at)) this.#refused.add(keyOf(claim));
      else this.#granted.set(keyOf(claim), claim);
    }
    const isEnough = refused.size === 0 || refusalEndsSearch === true;
    this.#isClosed = acquired.length > 0 && isEnough;
  }

  /** See CallContext. */
  isFree(claim: RowClaim): boolean {
    const key = keyOf(claim);
    if (this.#granted.has(key) || this.#own.has(claim.resource)) return true;
    if (this.#locks === null && this.#mutations.lockedRowsSearchedAgain === true) return true;
    if (this.#locks === null || this.#isClosed || this.#refused.has(key)) return false;
    return this.#locks.isFree(this.#owner, claim.resource, claim.mode);
  }

  /** See CallContext. */
  claim(claim: RowClaim): boolean {
    if (this.#locks === null) return true;
    const key = keyOf(claim);
    if (!this.#granted.has(key) && this.#own.has(claim.resource)) return true;
    this.#used.add(key);
    if (!this.#granted.has(key)) this.#wanted.set(key, claim);
    if (this.#used.size <= ROWS_MAX) return true;
    this.restart();
    throw new PgError('54000', `a statement cannot lock more than ${ROWS_MAX} rows`);
  }

  /** The statement runs again from its start. */
  restart(): void {
    this.#used = new Set();
    this.#wanted = new Map();
  }

  /** The run has ended; not null: it is not to be told before that is done. */
  wanted(): ActionWanted | null {
    if (this.#locks === null || this.#mutations.rowsNotAsked === true) return null;
    const [first] = this.#wanted.values();
    const released = this.#unused();
    if (first === undefined && released.length === 0) return null;
    const policy = first?.policy ?? 'skip';
    const acquired = [...this.#wanted.values()].filter((claim) => claim.policy === policy);
    return new ActionWanted(writeAction({ kind: 'rows', policy, acquired, released }));
  }

  /** What SKIP LOCKED was granted and does not need: others would skip it for nothing. */
  #unused(): readonly RowClaim[] {
    return [...this.#granted]
      .filter(([key, { policy }]) => policy === 'skip' && !this.#used.has(key))
      .map(([, claim]) => claim);
  }
}

function keyOf({ resource, mode }: RowClaim): string {
  return `${resource} ${mode}`;
}
