// What functions see while a request runs: everything comes from the request, so that it is the
// same on all nodes.
import { PgError } from '../errors/pg-error.ts';
import type { Notification } from '../sql/functions/notify.ts';
import type { LockMode } from '../sql/functions/lock-modes.ts';
import type { RowClaim } from '../sql/functions/row-locks.ts';
import type { CallContext, SequenceRun } from '../sql/functions/signature.ts';
import { UpsertedRows } from '../sql/functions/upserts.ts';
import type { Oid } from '../types/pg-type.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { ValueRowsReader } from '../types/value-rows.ts';
import { Prng } from '../util/prng.ts';
import type { PerformedAction, Request, SequencesUsed } from './command.ts';
import { KeptRows } from './kept-rows.ts';
import type { Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import type { NotificationTable } from './notification-table.ts';
import { OwnRows } from './own-rows.ts';
import { PerformedActions } from './performed-actions.ts';
import type { ActionWanted } from './performed-actions.ts';
import type { HeldRow, RowGuard } from './row-guard.ts';
import type { ReservedValues } from './reserved-values.ts';
import { RowClaims } from './row-claims.ts';
import { SequenceValues, SequenceWanted } from './sequence-values.ts';
import type { SequenceStore } from './sequence-values.ts';

/**
 * A function asked for the schema, which is not in memory. It cannot be read while a statement of
 * the same connection runs, so the statement is undone, the schema loaded, and the statement run
 * again.
 */
export class CatalogWanted extends Error {
  override readonly name = 'CatalogWanted';
}

/** Of one request, see CallContext.spend(): some five to ten seconds of every node. */
const WORK_MAX = 10_000_000;
/** Of one request or interactive transaction: what it puts on the disk of every node. */
const WRITTEN_BYTES_MAX = 1024 * 1024 * 1024;
/** Of the writes of an interactive transaction, which all nodes run at its place in the log. */
const TRANSACTION_WORK_MAX = 50_000_000;
/** What is no more than a load of as many bytes takes does not count for the transaction. */
const WORK_PER_GIVEN_BYTE = 8;
const WRITTEN_PER_GIVEN_BYTE = 16;
/** A row that is written, with its place in the table and in an index. */
const WRITTEN_ROW_WORK = 2;
const WRITTEN_BYTES_PER_WORK = 256;
/** Of one request, see CallContext.keep(): its results are in memory several times. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

/** A row of values (types/value-rows.ts): the one that a statement reads now, or failed with. */
export interface ValueRow {
  /** From 1. */
  readonly number: number;
  readonly reader: ValueRowsReader;
}

export interface StatementCost {
  readonly work: number;
  /** Written. */
  readonly bytes: number;
}

const NONE_PERFORMED = new PerformedActions([]);

export const NO_COST: StatementCost = { work: 0, bytes: 0 };

export class RequestContext implements CallContext {
  readonly #load: () => unknown;
  readonly #sequences: SequenceValues;
  readonly #notifications: Pick<NotificationTable, 'add'>;
  /** Of the transaction that runs. */
  readonly own = new OwnRows();
  readonly #guard: Pick<RowGuard, 'hasAny' | 'write'>;
  /** Of the running step. */
  #notified: Notification[] = [];
  readonly #mutations: MachineMutations;
  #now = 0n;
  #seed = 0;
  /** Made where it is needed, as most of what follows: most statements need none of it. */
  #prng: Prng | null = null;
  #drawn = 0;
  #drawnBefore = 0;
  #drawnBeforeRow = 0;
  #spent = 0;
  #spentBefore = 0;
  #kept = 0;
  #keptBefore = 0;
  #written = 0;
  #writtenBefore = 0;
  /** Of steps of the request that failed: it is done, though nothing is left of it. */
  #lost = 0;
  /** Of the statements of an interactive transaction before this one. */
  #earlier: StatementCost = NO_COST;
  /** The statement counts for its transaction. */
  #isCounted = false;
  /** Of its text and its values. */
  #givenBytes = 0;
  /** A statement of the transaction failed for that. */
  #wasTooMuch = false;
  #settings: Request['settings'] = [];
  /** Of the row of values that is read, see valueRow: no object for each. */
  #rowNumber = 0;
  #rowReader: ValueRowsReader | null = null;
  /** null: the request is no interactive transaction. */
  #actions: PerformedActions | null = null;
  #actionsBefore = 0;
  #claims: RowClaims | null = null;
  /** Makes it for the first row that is claimed. */
  #openClaims: (() => RowClaims) | null = null;
  /** Of the running step. */
  #upserted: UpsertedRows | null = null;
  readonly #rows = new KeptRows();
  /** null: not loaded since the schema changed. */
  #catalog: unknown = null;

  constructor(
    loadCatalog: () => unknown,
    stores: {
      readonly sequences: SequenceStore;
      readonly notifications: Pick<NotificationTable, 'add'>;
      readonly rows: Pick<RowGuard, 'hasAny' | 'write'>;
    },
    mutations: MachineMutations = {},
  ) {
    this.#load = loadCatalog;
    const { sequences } = stores;
    this.#sequences = new SequenceValues(
      mutations.sequencesNotWritten === true
        ? { load: (oid) => sequences.load(oid), save: () => undefined }
        : sequences,
    );
    this.#notifications = stores.notifications;
    this.#guard = stores.rows;
    this.#mutations = mutations;
  }

  begin({ now, seed, settings }: Pick<Request, 'now' | 'seed' | 'settings'>): void {
    this.#now = now;
    this.#seed = seed;
    this.#prng = null;
    this.#drawn = 0;
    this.#drawnBefore = 0;
    this.#drawnBeforeRow = 0;
    this.#kept = 0;
    this.#earlier = this.transactionCost;
    this.#lost = 0;
    this.#isCounted = false;
    this.#spent = 0;
    this.#written = 0;
    this.#settings = settings;
    this.#actions = null;
    this.#claims = null;
    this.#rows.clear();
    this.#openClaims = null;
    this.#sequences.beginRequest();
  }

  /** An interactive transaction begins, is run again, or goes on behind what has cost `earlier`. */
  beginTransaction(earlier: StatementCost): void {
    this.#earlier = earlier;
    this.#isCounted = false;
    this.#wasTooMuch = false;
  }

  /** The statement is not recorded: the transaction has cost what it had before. */
  uncountStatement(before: StatementCost): void {
    this.#earlier = before;
    this.#isCounted = false;
  }

  /**
   * What an expensive transaction costs may differ a little where it runs again: a statement that
   * locked rows looks only at those then. Whether it is too much is said there, by all nodes alike.
   */
  get isFarFromTooMuch(): boolean {
    const { work, bytes } = this.transactionCost;
    const isFar = work < TRANSACTION_WORK_MAX / 2 && bytes < WRITTEN_BYTES_MAX / 2;
    return isFar && !this.#wasTooMuch;
  }

  /**
   * Behind begin(): its statement, of so many bytes, counts for the transaction. Only what all nodes
   * run may.
   */
  countForTransaction(givenBytes: number): void {
    this.#isCounted = true;
    this.#givenBytes = givenBytes;
  }

  /** What the transaction has cost up to the statement that ends here. */
  get transactionCost(): StatementCost {
    const { work, bytes } = this.#earlier;
    if (!this.#isCounted) return this.#earlier;
    const moreWork = this.#spent + this.#lost - WORK_PER_GIVEN_BYTE * this.#givenBytes;
    const moreBytes = this.#written - WRITTEN_PER_GIVEN_BYTE * this.#givenBytes;
    return { work: work + Math.max(0, moreWork), bytes: bytes + Math.max(0, moreBytes) };
  }

  /** The step failed, for good. */
  noteFailedStep(): void {
    this.#lost += this.#spent - this.#spentBefore;
  }

  /**
   * What functions of the statement have done already. `locks`: it may ask for more; null: it was
   * told before.
   */
  usePerformed(actions: readonly PerformedAction[], locks: Pick<Locks, 'isFree'> | null): void {
    this.#actions = actions.length === 0 ? NONE_PERFORMED : new PerformedActions(actions);
    this.#openClaims = () => {
      const sessionId = Number(this.setting('@gateway_session'));
      const owner = { sessionId, owner: Number(this.setting('@pid')) };
      return new RowClaims(actions, locks, owner, this.own, this.#mutations);
    };
    // Rows that were locked, and that it does not meet any more, are to be given back.
    if (actions.length > 0) this.#claims = this.#openClaims();
  }

  /** From here to the end of the request nextval() gives values that were reserved before. */
  useReserved(values: ReservedValues): void {
    this.#sequences.useReserved(values);
  }

  get now(): bigint {
    return this.#mutations.nowFromWallClock === true ? process.hrtime.bigint() : this.#now;
  }

  randomUint32(): number {
    this.#drawn += 1;
    this.#prng ??= new Prng(this.#seed);
    return this.#prng.uint32();
  }

  /** Remembers where a step begins: it may run again. */
  beginStep(): void {
    this.#upserted = null;
    this.#spentBefore = this.#spent;
    this.#keptBefore = this.#kept;
    this.#writtenBefore = this.#written;
    this.endValueRows();
    this.#rows.beginStep();
    this.#drawnBefore = this.#drawn;
    this.#drawnBeforeRow = this.#drawn;
    this.#actionsBefore = this.#actions?.taken ?? 0;
  }

  /** Undoes what functions did since the step began: it failed, or runs again and draws the same. */
  undoStep(): void {
    this.#upserted = null;
    this.#spent = this.#spentBefore;
    this.#kept = this.#keptBefore;
    this.#written = this.#writtenBefore;
    this.endValueRows();
    this.#drawnBeforeRow = this.#drawnBefore;
    this.#sequences.undoStep();
    this.#notified = [];
    this.#rows.undoStep();
    this.#actions?.rewind(this.#actionsBefore);
    this.#claims?.restart();
    this.#rewind(this.#drawnBefore);
  }

  /** Undoes what functions did for the row of a COPY that the statement failed with, or the step. */
  undoRow(): void {
    this.#spent = this.#spentBefore;
    this.#kept = this.#keptBefore;
    this.#written = this.#writtenBefore;
    this.#sequences.undoRow();
    this.#rewind(this.#drawnBeforeRow);
  }

  #rewind(drawn: number): void {
    if (drawn === this.#drawn) return;
    const prng = new Prng(this.#seed);
    for (let skipped = 0; skipped < drawn; skipped++) prng.uint32();
    this.#prng = prng;
    this.#drawn = drawn;
  }

  /** The step succeeded: what its functions did is written. */
  endStep(): void {
    this.#sequences.endStep();
    for (const notification of this.#notified) this.#notifications.add(notification);
    this.#notified = [];
  }

  /** What the statement took from sequences. */
  endStatement(): SequencesUsed {
    return this.#sequences.endStatement();
  }

  /** A count, not a time: on all nodes the same statement fails, or none. */
  spend(work: number): void {
    this.#spent += work;
    const isTooMuch = this.#isCounted && this.transactionCost.work > TRANSACTION_WORK_MAX;
    if (this.#spent <= WORK_MAX && !isTooMuch) return;
    this.#wasTooMuch = true;
    throw new PgError('54000', 'canceling statement: it is too much work for one transaction', {
      hint: 'Write less at a time: every node of the cluster runs each transaction in one go.',
    });
  }

  keep(bytes: number): void {
    this.#kept += bytes;
    if (this.#kept <= KEPT_BYTES_MAX) return;
    this.#wasTooMuch = true;
    throw new PgError('54000', 'the results of a transaction may have 64 MB at most');
  }

  write(bytes: number): void {
    this.#written += bytes;
    const inTransaction = this.#isCounted ? this.transactionCost.bytes : 0;
    if (Math.max(this.#written, inTransaction) > WRITTEN_BYTES_MAX) {
      this.#wasTooMuch = true;
      throw new PgError('54000', 'a transaction may write 1 GB of values at most', {
        hint: 'Write less at a time: every node of the cluster needs the room.',
      });
    }
    this.spend(WRITTEN_ROW_WORK + bytes / WRITTEN_BYTES_PER_WORK);
  }

  /** The statement has read all of them. */
  endValueRows(): void {
    this.#rowNumber = 0;
    this.#rowReader = null;
  }

  /** The statement reads the next row of values. */
  noteValueRow(reader: ValueRowsReader): void {
    this.#rowNumber += 1;
    this.#rowReader = reader;
    this.#drawnBeforeRow = this.#drawn;
    this.#sequences.beginRow();
  }

  /** Since beginStep(); null: the statement reads no such rows. */
  get valueRow(): ValueRow | null {
    return this.#rowReader === null ? null : { number: this.#rowNumber, reader: this.#rowReader };
  }

  setting(name: string): string | null {
    const value = this.#settings.find(([known]) => known === name)?.[1] ?? null;
    return name === '@sequences' ? this.#sequences.sessionText(value) : value;
  }

  /** Throws SequenceWanted, SequenceExhausted, PgError. */
  nextval(oid: Oid): bigint {
    return this.#sequences.next(oid);
  }

  /** Throws as nextval(). */
  nextvals(oid: Oid, count: number): SequenceRun {
    return this.#sequences.nextRun(oid, count);
  }

  /** Throws SequenceWanted, PgError. */
  setval(oid: Oid, value: bigint, isCalled: boolean): void {
    this.#sequences.set(oid, value, isCalled);
  }

  notify(notification: Notification): void {
    this.#notified.push(notification);
  }

  /** See CallContext. Throws ActionWanted. */
  action(action: string): SqliteValue {
    // A value by default, or a check, of a statement that does not tell.
    if (this.#actions === null) {
      throw new PgError('0A000', 'taking locks or setting parameters here is not supported');
    }
    return this.#actions.take(action);
  }

  /** A statement of several steps begins. */
  beginStatement(): void {
    this.#rows.clear();
  }

  /** See CallContext. */
  keepRow(set: number, row: readonly SqliteValue[]): void {
    this.#rows.add(set, row);
  }

  /** See CallContext. */
  keptRows(set: number): readonly (readonly SqliteValue[])[] {
    return this.#rows.of(set);
  }

  /** See CallContext. */
  claimRow(row: RowClaim): boolean {
    return this.#mustClaim().claim(row);
  }

  /** See CallContext. */
  upserted(): UpsertedRows {
    this.#upserted ??= new UpsertedRows();
    return this.#upserted;
  }

  /** See CallContext. */
  isRowFree(row: RowClaim): boolean {
    return this.#mustClaim().isFree(row);
  }

  /** See CallContext. */
  hasLockedRows(table: Oid): boolean {
    return this.#guard.hasAny(table);
  }

  /** See CallContext. */
  writeRow(table: Oid, key: number, mode: LockMode): void {
    this.#guard.write(table, key, mode, this.askFor);
  }

  /** A row that others have locked is to be had before the statement may be told. */
  readonly askFor = (row: HeldRow): void => {
    this.#mustClaim().claim({ ...row, policy: 'wait', name: '' });
  };

  #mustClaim(): RowClaims {
    this.#claims ??= this.#openClaims?.() ?? null;
    if (this.#claims !== null) return this.#claims;
    throw new PgError('0A000', 'locking rows here is not supported');
  }

  /** Not null: rows are to be locked before the statement may be told, whatever it gave. */
  claimsWanted(): ActionWanted | null {
    return this.#claims?.wanted() ?? null;
  }

  /** For functions. Throws CatalogWanted. */
  catalog(): unknown {
    if (this.#catalog === null) throw new CatalogWanted();
    return this.#catalog;
  }

  /** Loads what a function asked for; false: the error is about something else. */
  provide(error: unknown): boolean {
    if (error instanceof CatalogWanted) this.loadCatalog();
    else if (error instanceof SequenceWanted) this.#sequences.load(error.oid);
    else return false;
    return true;
  }

  /** The schema as it is, uncommitted changes included. Not while a statement runs. */
  loadCatalog(): unknown {
    this.#catalog ??= this.#load();
    return this.#catalog;
  }

  /** The schema has changed, or was changed back. */
  forgetCatalog(): void {
    this.#catalog = null;
    this.#sequences.forget();
  }

  /** Changes of the database were rolled back. */
  rolledBack(): void {
    this.#sequences.forget();
  }
}
