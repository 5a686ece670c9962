// Rows that foreign keys are about and others have locked: those that ON DELETE and ON UPDATE change
// with a row that they refer to, and those that a written row refers to, which Postgres locks FOR KEY
// SHARE. SQLite tells of neither, so the rows are looked at before and after the step that may have
// changed them. Only where such rows are locked (docs/decisions/0009-row-locks.md).
import { ACCESS_EXCLUSIVE, ACCESS_SHARE } from '../sql/functions/lock-modes.ts';
import { rowOfResource, rowResource } from '../sql/functions/row-locks.ts';
import type { Oid } from '../types/pg-type.ts';
import type { Database, Row } from './database.ts';
import type { ForeignKey } from './foreign-keys.ts';
import type { MachineMutations } from './mutations.ts';
import type { HeldRow, RowGuard } from './row-guard.ts';

/** What others have locked, of the keys of some tables. */
export interface WatchedKeys {
  readonly following: readonly Watched[];
  readonly referring: readonly Watched[];
}

interface Watched {
  readonly key: ForeignKey;
  /** Rows of the child that follow, or of the parent that is referred to: their ctids, as JSON. */
  readonly rows: string;
}

/** A step, and what undoes what its functions did. */
export interface WatchedStep<Result> {
  readonly run: () => Result;
  readonly undo: () => void;
  /** See RowGuard.meet. */
  readonly onHeld: (row: HeldRow) => void;
}

export class KeyGuard {
  readonly #database: Pick<Database, 'rows' | 'script' | 'isInTransaction'>;
  readonly #guard: RowGuard;
  readonly #keys: () => readonly ForeignKey[];
  readonly #mutations: MachineMutations;

  /** `keys`: of the schema as the statement sees it. */
  constructor(
    database: Pick<Database, 'rows' | 'script' | 'isInTransaction'>,
    guard: RowGuard,
    keys: () => readonly ForeignKey[],
    mutations: MachineMutations = {},
  ) {
    this.#database = database;
    this.#guard = guard;
    this.#keys = keys;
    this.#mutations = mutations;
  }

  /** For a statement that may change these tables, by foreign keys too; null: no such row is locked. */
  watch(tables: readonly Oid[]): WatchedKeys | null {
    if (!this.#guard.hasRows || tables.length === 0) return null;
    const keys = this.#keys().filter(({ child }) => tables.includes(child.table));
    const { keyActionsIgnored, referredRowsIgnored } = this.#mutations;
    const following =
      keyActionsIgnored === true
        ? []
        : keys.flatMap((key) =>
            key.isFollowing
              ? watched(key, this.#guard.heldByOthers(key.child.table, ACCESS_EXCLUSIVE))
              : [],
          );
    const referring =
      referredRowsIgnored === true
        ? []
        : keys.flatMap((key) =>
            watched(key, this.#guard.heldByOthers(key.parent.table, ACCESS_SHARE)),
          );
    return following.length + referring.length === 0 ? null : { following, referring };
  }

  /** Throws RowHeld; then nothing is left of the step. */
  run<Result>({ following, referring }: WatchedKeys, step: WatchedStep<Result>): Result {
    const before = following.map((one) => this.#keysOfRows(one));
    const last = referring.map(({ key }) => this.#lastRow(key));
    const written = new Map(referring.map(({ key }) => [key.child.table, new Set<number>()]));
    this.#script('SAVEPOINT keys');
    try {
      let result = this.#noting(written, step.run);
      const held = following.flatMap((one, at) => this.#changed(one, before[at] ?? new Map()));
      for (const [at, one] of referring.entries()) {
        held.push(...this.#referredByNew(one, last[at] ?? 0));
      }
      const doubtful = referring.map((one) => this.#referred(one, written));
      if (doubtful.some((pairs) => pairs.length > 0)) {
        // Did they refer to those rows before? Not through run(): sequences need not be forgotten.
        step.undo();
        this.#script('ROLLBACK TO keys');
        for (const [at, one] of referring.entries()) {
          held.push(...this.#referredAnew(one, doubtful[at] ?? []));
        }
        result = step.run();
      }
      for (const row of held) this.#guard.meet(row, step.onHeld);
      return result;
    } catch (error) {
      if (this.#database.isInTransaction) this.#script('ROLLBACK TO keys');
      throw error;
    } finally {
      if (this.#database.isInTransaction) this.#script('RELEASE keys');
    }
  }

  #script(sql: string): void {
    this.#database.script(sql);
  }

  #noting<Result>(written: Map<Oid, Set<number>>, run: () => Result): Result {
    this.#guard.noteWritten(written);
    try {
      return run();
    } finally {
      this.#guard.noteWritten(null);
    }
  }

  // Rows that follow ------------------------------------------------------------------------------

  /** What the rows refer to, by their ctids. */
  #keysOfRows({ key: { child }, rows }: Watched): ReadonlyMap<number, string> {
    const values = child.columns.map((column) => `quote(child.${column})`).join(` || ' ' || `);
    const sql = `SELECT child."ctid", ${values} FROM json_each(?) AS row
      CROSS JOIN ${child.name} AS child ON child."ctid" = row.value`;
    return new Map(
      this.#database.rows(sql, [rows]).map(([ctid, text]) => [Number(ctid), String(text)]),
    );
  }

  #changed(watched: Watched, before: ReadonlyMap<number, string>): readonly HeldRow[] {
    const { child, changeMode } = watched.key;
    const after = this.#keysOfRows(watched);
    return [...before].flatMap(([ctid, text]) => {
      if (after.get(ctid) === text) return [];
      const mode = after.has(ctid) ? changeMode : ACCESS_EXCLUSIVE;
      return [{ resource: rowResource(child.table, ctid), mode }];
    });
  }

  // Rows that are referred to ---------------------------------------------------------------------

  #lastRow({ child }: ForeignKey): number {
    const [row] = this.#database.rows(`SELECT max("ctid") FROM ${child.name}`);
    return Number(row?.[0] ?? 0);
  }

  /** By rows behind the `last` one. */
  #referredByNew({ key, rows }: Watched, last: number): readonly HeldRow[] {
    const sql = `SELECT parent."ctid" FROM json_each(?) AS row
      CROSS JOIN ${key.parent.name} AS parent ON parent."ctid" = row.value
      WHERE EXISTS (SELECT 1 FROM ${key.child.name} AS child
        WHERE child."ctid" > ? AND ${refersTo(key)})`;
    const found = this.#database.rows(sql, [rows, BigInt(last)]);
    return found.map(([ctid]) => referredRow(key, Number(ctid)));
  }

  /** Which of `rows` those of the child that were written refer to: pairs of parent and child. */
  #referred(
    { key, rows }: Watched,
    written: ReadonlyMap<Oid, ReadonlySet<number>>,
  ): readonly Row[] {
    const ctids = written.get(key.child.table);
    if (ctids === undefined || ctids.size === 0) return [];
    const sql = `SELECT parent."ctid", child."ctid" FROM json_each(?) AS row
      CROSS JOIN ${key.child.name} AS child ON child."ctid" = row.value
      CROSS JOIN ${key.parent.name} AS parent ON ${refersTo(key)}
      WHERE parent."ctid" IN (SELECT value FROM json_each(?))`;
    return this.#database.rows(sql, [JSON.stringify([...ctids]), rows]);
  }

  /** Of `pairs` those that are none now, where the step has not run. */
  #referredAnew(watched: Watched, pairs: readonly Row[]): readonly HeldRow[] {
    const { table } = watched.key.child;
    const children = new Set(pairs.map(([, child]) => Number(child)));
    const old = new Set(this.#referred(watched, new Map([[table, children]])).map(String));
    return pairs
      .filter((pair) => !old.has(String(pair)))
      .map(([parent]) => referredRow(watched.key, Number(parent)));
  }
}

function watched(key: ForeignKey, resources: readonly string[]): readonly Watched[] {
  if (resources.length === 0) return [];
  return [{ key, rows: JSON.stringify(resources.map((resource) => rowOfResource(resource).key)) }];
}

function referredRow({ parent }: ForeignKey, ctid: number): HeldRow {
  return { resource: rowResource(parent.table, ctid), mode: ACCESS_SHARE };
}

function refersTo({ child, parent }: ForeignKey): string {
  return child.columns
    .map((column, at) => `child.${column} = parent.${parent.columns[at] ?? 'NULL'}`)
    .join(' AND ');
}
