// The portals of a session: statements with values for their parameters, and how far they have run.
import { PgError } from '../errors/pg-error.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { StatementResult } from './backend.ts';
import type { Kept } from './kept.ts';
import type { BindMessage, PreparedStatement } from './prepared-statement.ts';
import type { LatePlan, SessionPlan } from './session-plan.ts';

export interface Portal {
  readonly prepared: PreparedStatement;
  readonly message: BindMessage;
  parameters: readonly SqliteValue[];
  readonly resultFormats: readonly number[];
  plan: SessionPlan | LatePlan | null;
  isExecuted: boolean;
  /** It waits for Sync, or did. */
  isDeferred: boolean;
  /** Of a transaction statement that did something else than its name says. */
  tag: string | null;
  result: StatementResult | null;
  /** Of the rows of the result. */
  sent: number;
  /** All rows were sent, and are not kept. */
  isDone: boolean;
}

export class Portals {
  readonly #kept: Kept;
  readonly #portals = new Map<string, Portal>();

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Throws 34000. */
  get(name: string): Portal {
    const portal = this.#portals.get(name);
    if (portal !== undefined) return portal;
    throw new PgError('34000', `portal "${name}" does not exist`);
  }

  /** Throws 42P03. */
  refuseTaken(name: string): void {
    if (name === '' || !this.#portals.has(name)) return;
    throw new PgError('42P03', `cursor "${name}" already exists`);
  }

  set(name: string, portal: Portal): void {
    this.delete(name);
    this.#portals.set(name, portal);
  }

  /** So many of its rows are sent: the others are kept, if there are any. Throws 53200. */
  advance(portal: Portal, sent: number): void {
    const rows = portal.result?.rows ?? [];
    if (sent < rows.length) this.#kept.keepRows(portal, rows);
    portal.sent = sent;
    if (sent < rows.length) return;
    this.#kept.drop(portal);
    portal.result = { rows: [], count: 0 };
    portal.sent = 0;
    portal.isDone = true;
  }

  delete(name: string): void {
    const portal = this.#portals.get(name);
    if (portal === undefined) return;
    this.#kept.drop(portal);
    this.#portals.delete(name);
  }

  clear(): void {
    for (const name of [...this.#portals.keys()]) this.delete(name);
  }
}
