// Where a session stands between BEGIN and COMMIT (PG: 55.2.2.1, xact.c "transaction blocks"): what
// each transaction statement does, the state that ReadyForQuery tells, and what settings go back to.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { ParsedStatement } from '../sql/parse/parse.ts';
import type { QueryPlan, TransactionModes, TransactionStatement } from '../sql/plan.ts';
import { transactionWord } from '../sql/transaction-statement.ts';
import { must, unreachable } from '../util/assert.ts';
import type { BoundPlan, IsolationLevel, StatementResult, Transaction } from './backend.ts';
import { writeWarning } from './results.ts';
import type { SessionContext } from './session-context.ts';
import { runOptions } from './session-context.ts';
import type { SettingsSnapshot } from './settings.ts';

/**
 * `implicit`: the statements of one query string with a BEGIN or COMMIT in it, where no block is
 * open. It ends with the string.
 */
type State = 'idle' | 'implicit' | 'open' | 'failed';

interface Mark {
  readonly name: string;
  /** Of each of those that joined, in order. */
  readonly states: readonly unknown[];
}

/** Something of the session that goes back to a savepoint with the data. */
export interface Restorable<T> {
  save(): T;
  restore(state: T): void;
}

export class TransactionBlock {
  readonly #context: () => SessionContext;
  readonly #restorables: Restorable<unknown>[] = [];
  readonly #endListeners: ((isCommitted: boolean) => void)[] = [];
  #state: State = 'idle';
  #transaction: Transaction | null = null;
  #isolation: IsolationLevel = 'serializable';
  #isReadOnly = false;
  #isDeferrable = false;
  /** Of an implicit block: of the statements of one query string. */
  #isOfString = false;
  #hasRun = false;
  #before: SettingsSnapshot | null = null;
  #marks: Mark[] = [];

  /** `context`: asked for when it is needed, as it has this block in it. */
  constructor(context: () => SessionContext) {
    this.#context = context;
  }

  /** From now on savepoints are also about this. */
  join<T>(restorable: Restorable<T>): void {
    this.#restorables.push(restorable as Restorable<unknown>);
  }

  /** Called after the end of each block, and of each implicit one. */
  onEnd(listener: (isCommitted: boolean) => void): void {
    this.#endListeners.push(listener);
  }

  /** As ReadyForQuery tells it. */
  get status(): 'I' | 'T' | 'E' {
    if (this.#state === 'failed') return 'E';
    return this.#state === 'open' ? 'T' : 'I';
  }

  /** Statements belong to a transaction that goes on: run them here. */
  get isOpen(): boolean {
    return this.#state !== 'idle';
  }

  /** A block that the client has begun. */
  get isExplicit(): boolean {
    return this.#state === 'open' || this.#state === 'failed';
  }

  /** True for what Postgres takes for a block: one of the client's, or a string of statements. */
  get isBlock(): boolean {
    return this.isExplicit || (this.#state === 'implicit' && this.#isOfString);
  }

  // Statements ------------------------------------------------------------------------------------

  /** A statement of the block has run: it sees the schema of then, or a later one. */
  get hasRun(): boolean {
    return this.isOpen && this.#hasRun;
  }

  /** The schema to compile for. */
  catalog(): Catalog {
    return this.#transaction?.catalog() ?? this.#context().backend.catalog();
  }

  /** Throws 25P02 in a failed block, unless the statement ends it or goes back to before. */
  refuseIfFailed(statement: ParsedStatement | null): void {
    if (this.#state !== 'failed') return;
    const word = statement === null ? null : transactionWord(statement);
    if (word === 'commit' || word === 'rollback' || word === 'rollback to') return;
    throw new PgError(
      '25P02',
      'current transaction is aborted, commands ignored until end of transaction block',
    );
  }

  /** Throws 25P01 where a block is needed, 25006 where nothing may be written; a transaction of one statement too. */
  refuseWrite(plan: QueryPlan): void {
    if (plan.needsBlock !== undefined && !this.isBlock) {
      throw new PgError('25P01', `${plan.needsBlock} can only be used in transaction blocks`);
    }
    const { access, tag, locking = null, isAboutTransaction, commandName } = plan;
    const isWrite = access === 'write' && isAboutTransaction !== true;
    if (!isWrite && locking === null) return;
    const { settings } = this.#context();
    const isReadOnly = this.isOpen
      ? this.#isReadOnly
      : settings.get('default_transaction_read_only') === 'on';
    if (!isReadOnly) return;
    const ofTag = access === 'write' ? tag.name.replace(/ 0$/, '') : `SELECT ${locking}`;
    const name = commandName ?? ofTag;
    throw new PgError('25006', `cannot execute ${name} in a read-only transaction`);
  }

  async run(
    bound: BoundPlan,
    recompile: (catalog: Catalog) => BoundPlan,
  ): Promise<StatementResult> {
    this.refuseWrite(bound.plan);
    this.#hasRun = true;
    return this.#open().run(bound, runOptions(this.#context()), recompile);
  }

  #open(): Transaction {
    return must(this.#transaction, 'a block has a transaction');
  }

  /** Carries out a transaction statement; returns its command tag, which is `tag` unless it differs. */
  async control(statement: TransactionStatement, tag: string): Promise<string> {
    const { what, name, isChain } = statement;
    switch (what) {
      case 'begin':
        this.#beginStatement(statement);
        return tag;
      case 'commit':
        return this.#end('COMMIT', isChain);
      case 'rollback':
        return this.#end('ROLLBACK', isChain);
      case 'savepoint':
        this.#refuseOutside('SAVEPOINT');
        await this.#savepoint(name);
        return 'SAVEPOINT';
      case 'release':
        this.#refuseOutside('RELEASE SAVEPOINT');
        await this.#release(name);
        return 'RELEASE';
      case 'rollback to':
        this.#refuseOutside('ROLLBACK TO SAVEPOINT');
        await this.#rollbackTo(name);
        return 'ROLLBACK';
      default:
        return unreachable(what);
    }
  }

  #refuseOutside(what: string): void {
    if (this.isExplicit) return;
    throw new PgError('25P01', `${what} can only be used in transaction blocks`);
  }

  // Begin -----------------------------------------------------------------------------------------

  #beginStatement({ modes }: TransactionStatement): void {
    if (this.#state === 'open') {
      writeWarning(this.#context(), '25001', 'there is already a transaction in progress');
    } else if (this.#state === 'implicit') this.#state = 'open';
    else this.#begin('open');
    this.setModes(modes);
  }

  /** For a pipeline, or a query string of several statements. */
  beginImplicit(of: 'pipeline' | 'string' = 'pipeline'): void {
    this.#begin('implicit');
    this.#isOfString = of === 'string';
  }

  #begin(state: 'implicit' | 'open'): void {
    const { settings, backend } = this.#context();
    this.#state = state;
    this.#hasRun = false;
    this.#marks = [];
    this.#before = settings.snapshot();
    this.#isolation = settings.get('default_transaction_isolation') as IsolationLevel;
    this.#isReadOnly = settings.get('default_transaction_read_only') === 'on';
    this.#isDeferrable = settings.get('default_transaction_deferrable') === 'on';
    this.#transaction = backend.beginTransaction(this.#isolation);
    this.#tellModes();
  }

  /** BEGIN with modes, SET TRANSACTION. Throws 25001 once it is too late. */
  setModes({ isolation, isReadOnly, isDeferrable }: TransactionModes): void {
    if (isolation !== null && isolation !== this.#isolation) this.#setIsolation(isolation);
    if (isReadOnly === false && this.#isReadOnly && this.#hasRun) {
      throw new PgError('25001', 'transaction read-write mode must be set before any query');
    }
    this.#isReadOnly = isReadOnly ?? this.#isReadOnly;
    this.#isDeferrable = isDeferrable ?? this.#isDeferrable;
    this.#tellModes();
  }

  #setIsolation(isolation: string): void {
    if (this.#hasRun) {
      throw new PgError('25001', 'SET TRANSACTION ISOLATION LEVEL must be called before any query');
    }
    if (this.#marks.length > 0) {
      throw new PgError(
        '25001',
        'SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction',
      );
    }
    this.#isolation = isolation as IsolationLevel;
    this.#transaction = this.#context().backend.beginTransaction(this.#isolation);
  }

  /** What SHOW transaction_isolation and the like answer. */
  #tellModes(): void {
    const { settings } = this.#context();
    settings.setFact('transaction_isolation', this.#isolation);
    settings.setFact('transaction_read_only', this.#isReadOnly ? 'on' : 'off');
    settings.setFact('transaction_deferrable', this.#isDeferrable ? 'on' : 'off');
  }

  // Savepoints ------------------------------------------------------------------------------------

  async #savepoint(name: string): Promise<void> {
    const context = this.#context();
    await this.#open().savepoint(name, runOptions(context));
    this.#marks.push({ name, states: this.#restorables.map((restorable) => restorable.save()) });
  }

  async #release(name: string): Promise<void> {
    await this.#open().release(name, runOptions(this.#context()));
    this.#marks.length = this.#marks.findLastIndex((mark) => mark.name === name);
  }

  async #rollbackTo(name: string): Promise<void> {
    const context = this.#context();
    await this.#open().rollbackTo(name, runOptions(context));
    const at = this.#marks.findLastIndex((mark) => mark.name === name);
    this.#marks.length = at + 1;
    const { states } = must(this.#marks[at], 'the savepoint exists');
    for (const [which, restorable] of this.#restorables.entries())
      restorable.restore(states[which]);
    this.#state = 'open';
  }

  // End -------------------------------------------------------------------------------------------

  async #end(how: 'COMMIT' | 'ROLLBACK', isChain: boolean): Promise<string> {
    if (!this.isExplicit) {
      if (isChain) this.#refuseOutside(`${how} AND CHAIN`);
      writeWarning(this.#context(), '25P01', 'there is no transaction in progress');
    }
    const modes = {
      isolation: this.#isolation,
      isReadOnly: this.#isReadOnly,
      isDeferrable: this.#isDeferrable,
    };
    const isCommit = how === 'COMMIT' && this.#state !== 'failed';
    if (this.isOpen) {
      if (isCommit) await this.#commit();
      else await this.#rollback();
    }
    if (isChain) {
      this.#begin('open');
      this.setModes(modes);
    }
    // COMMIT of a failed block says what it did; outside of a block it says what it was.
    return isCommit ? 'COMMIT' : 'ROLLBACK';
  }

  /** The query string of an implicit block ends. */
  async endImplicit(): Promise<void> {
    if (this.#state === 'implicit') await this.#commit();
  }

  async #commit(): Promise<void> {
    try {
      await this.#open().commit(runOptions(this.#context()));
    } catch (error) {
      void this.#rollback();
      throw error;
    }
    this.#ended(true);
  }

  /** Resolves when others may have the locks. */
  #rollback(): Promise<void> {
    const ended = this.#transaction?.rollback() ?? Promise.resolve();
    if (this.#before !== null) this.#context().settings.restore(this.#before);
    this.#ended(false);
    return ended;
  }

  #ended(isCommitted: boolean): void {
    const { settings } = this.#context();
    this.#state = 'idle';
    this.#transaction = null;
    this.#before = null;
    this.#marks = [];
    settings.dropLocals();
    for (const name of ['isolation', 'read_only', 'deferrable']) {
      settings.setFact(`transaction_${name}`, null);
    }
    for (const listener of this.#endListeners) listener(isCommitted);
  }

  /** A statement, or a message, failed. */
  fail(): void {
    if (this.#state === 'open') {
      this.#state = 'failed';
      this.#transaction?.pinSchema();
    } else if (this.#state === 'implicit') void this.#rollback();
  }

  /** The session ends. */
  abandon(): void {
    if (this.isOpen) void this.#rollback();
  }
}
