// What COPY needs of the transaction that it runs in: where rows go, and where they come from.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { CopyPlan } from '../sql/copy/plan.ts';
import type { QueryPlan } from '../sql/plan.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import { joinValueRows } from '../types/value-rows.ts';
import type { ValueRows } from '../types/value-rows.ts';
import type { BoundPlan, BulkLoad, RowStream, StatementResult } from './backend.ts';
import type { SessionContext } from './session-context.ts';
import type { TransactionBlock } from './transaction-block.ts';
import { runOptions } from './session-context.ts';

/** Where the rows of COPY FROM go. Of the errors, one with `row` in its fields is about that row. */
export interface CopySink {
  /** Resolves when more may come. */
  rows(batch: ValueRows): Promise<void>;
  /** All rows are there: they take effect. How many they are. */
  finish(): Promise<number>;
  /** They do not take effect. */
  abort(): void;
}

/** The same statement compiled for another schema. */
export type CompileCopy = (catalog: Catalog) => CopyPlan;

export function openSink(context: SessionContext, plan: CopyPlan, compile: CompileCopy): CopySink {
  const write = async ({ bytes }: ValueRows): Promise<number> => {
    const { count } = await runCopyQuery(context, plan, [bytes], compile);
    return count;
  };
  const { backend, block } = context;
  const isAlone = !block.isOpen && plan.query.needsTransaction !== true;
  return new CollectingSink(block, plan.query, write, () =>
    isAlone ? backend.beginLoad(runOptions(context)) : null,
  );
}

/** Runs the query of a COPY: in the client's transaction, or as one of its own. */
export async function runCopyQuery(
  context: SessionContext,
  plan: CopyPlan,
  parameters: readonly SqliteValue[],
  compile: CompileCopy,
): Promise<StatementResult> {
  const { backend, block } = context;
  const bound: BoundPlan = { plan: plan.query, parameters };
  const recompile = (catalog: Catalog): BoundPlan => {
    const again = compile(catalog);
    checkSameFields(plan, again);
    return { plan: again.query, parameters };
  };
  if (block.isOpen) return block.run(bound, recompile);
  const options = runOptions(context);
  const { results, error } =
    backend.runImmediately?.([bound], options) ??
    (await backend.run([bound], options, null, (catalog) => [recompile(catalog)]));
  if (error !== null) throw error;
  return results[0] ?? { rows: null, count: 0 };
}

/** The rows of a COPY TO. */
export async function openRows(
  context: SessionContext,
  plan: CopyPlan,
  compile: CompileCopy,
): Promise<RowStream> {
  const { backend, block } = context;
  const { access, needsTransaction = false, locking = null } = plan.query;
  if (block.isOpen || access === 'write' || needsTransaction || locking !== null) {
    const { rows } = await runCopyQuery(context, plan, [], compile);
    return rowsInMemory(rows ?? []);
  }
  const recompile = (catalog: Catalog): BoundPlan => {
    const again = compile(catalog);
    checkSameFields(plan, again);
    return { plan: again.query, parameters: [] };
  };
  return backend.stream({ plan: plan.query, parameters: [] }, runOptions(context), recompile);
}

function rowsInMemory(rows: readonly (readonly SqliteValue[])[]): RowStream {
  let at = 0;
  return { next: () => rows[at++] ?? null, close: () => undefined };
}

/** The rows were made for these columns. */
function checkSameFields(plan: CopyPlan, other: CopyPlan): void {
  const text = ({ fields }: CopyPlan): string => JSON.stringify(fields);
  if (text(plan) === text(other)) return;
  throw new PgError('40001', `the columns of "${plan.relationName}" changed during the COPY`);
}

/** What one statement writes: it fits into one part of a transaction. */
const STATEMENT_BYTES = 1024 * 1024;

/**
 * Collects the rows, and writes them with one statement; many with several, which are one
 * transaction: the client's, or a load of its own.
 */
class CollectingSink implements CopySink {
  readonly #block: TransactionBlock;
  readonly #plan: QueryPlan;
  readonly #write: (rows: ValueRows) => Promise<number>;
  readonly #beginLoad: () => BulkLoad | null;
  #batches: ValueRows[] = [];
  #bytes = 0;
  #count = 0;
  #load: BulkLoad | null = null;
  #hasOwnBlock = false;

  /** `beginLoad` gives null where the statements run one by one. */
  constructor(
    block: TransactionBlock,
    plan: QueryPlan,
    write: (rows: ValueRows) => Promise<number>,
    beginLoad: () => BulkLoad | null,
  ) {
    this.#block = block;
    this.#plan = plan;
    this.#write = write;
    this.#beginLoad = beginLoad;
  }

  async rows(batch: ValueRows): Promise<void> {
    this.#batches.push(batch);
    this.#bytes += batch.bytes.length;
    if (this.#bytes < STATEMENT_BYTES) return;
    this.#load ??= this.#beginLoad();
    if (this.#load === null && !this.#block.isOpen) {
      this.#block.beginImplicit();
      this.#hasOwnBlock = true;
    }
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const batches = this.#batches;
    if (batches.length === 0) return;
    this.#batches = [];
    this.#bytes = 0;
    const rows = joinValueRows(batches);
    if (this.#load !== null) {
      await this.#load.add({ plan: this.#plan, parameters: [rows.bytes] });
      return;
    }
    try {
      this.#count += await this.#write(rows);
    } catch (error) {
      throw error instanceof PgError ? behind(error, this.#count) : error;
    }
  }

  async finish(): Promise<number> {
    await this.#flush();
    if (this.#load !== null) {
      const load = this.#load;
      this.#load = null;
      return (await load.finish()).count;
    }
    if (this.#hasOwnBlock) await this.#block.endImplicit();
    return this.#count;
  }

  abort(): void {
    this.#batches = [];
    this.#load?.abort();
    this.#load = null;
    if (this.#hasOwnBlock) this.#block.fail();
  }
}

/** The row at fault, counted from the first of the COPY. */
function behind(error: PgError, count: number): PgError {
  const { row } = error.fields;
  if (row === undefined) return error;
  return new PgError(error.code, error.message, { ...error.fields, row: row + count });
}
