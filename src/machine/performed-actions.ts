// What functions of a statement had done through the log before: see PerformedAction.
import { readAction } from '../sql/functions/lock-actions.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { PerformedAction } from './command.ts';

/** Something must be done through the log before the statement can go on. */
export class ActionWanted extends Error {
  override readonly name = 'ActionWanted';
  readonly action: string;

  constructor(action: string) {
    super();
    this.action = action;
  }
}

export class PerformedActions {
  readonly #performed: readonly PerformedAction[];
  #taken = 0;

  constructor(performed: readonly PerformedAction[]) {
    // Those about rows are asked for in another way, see row-claims.ts.
    this.#performed = performed.filter(({ action }) => readAction(action).kind !== 'rows');
  }

  /** Throws ActionWanted if that was not done at this point. */
  take(action: string): SqliteValue {
    const next = this.#performed[this.#taken];
    if (next?.action !== action) throw new ActionWanted(action);
    this.#taken += 1;
    return next.result;
  }

  get taken(): number {
    return this.#taken;
  }

  /** The statement runs again from where `taken` was so many. */
  rewind(taken: number): void {
    this.#taken = taken;
  }
}
