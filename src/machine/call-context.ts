// What functions see while a request runs: everything comes from the request, so that it is the
// same on all nodes.
import { PgError } from '../errors/pg-error.ts';
import type { CallContext } from '../sql/functions/signature.ts';
import type { ValueRowsReader } from '../types/value-rows.ts';
import { Prng } from '../util/prng.ts';
import type { Request } from './command.ts';
import type { MachineMutations } from './mutations.ts';

/**
 * A function asked for the schema, which is not in memory. It cannot be read while a statement of
 * the same connection runs, so the statement is undone, the schema loaded, and the statement run
 * again.
 */
export class CatalogWanted extends Error {
  override readonly name = 'CatalogWanted';
}

/** Of functions such as generate_series, in one statement: some ten seconds of every node. */
const ROWS_GIVEN_MAX = 10_000_000;

/** A row of a COPY: the one that a statement reads at the moment, or failed with. */
export interface ValueRow {
  /** From 1. */
  readonly number: number;
  readonly reader: ValueRowsReader;
  /** RequestContext.drawn before it. */
  readonly drawn: number;
}

export class RequestContext implements CallContext {
  readonly #load: () => unknown;
  readonly #mutations: MachineMutations;
  #now = 0n;
  #seed = 0;
  #prng = new Prng(0);
  #drawn = 0;
  #rowsGiven = 0;
  #settings: ReadonlyMap<string, string> = new Map();
  #valueRow: ValueRow | null = null;
  /** null: not loaded since the schema changed. */
  #catalog: unknown = null;

  constructor(loadCatalog: () => unknown, mutations: MachineMutations = {}) {
    this.#load = loadCatalog;
    this.#mutations = mutations;
  }

  begin({ now, seed, settings }: Pick<Request, 'now' | 'seed' | 'settings'>): void {
    this.#now = now;
    this.#seed = seed;
    this.#prng = new Prng(seed);
    this.#drawn = 0;
    this.#settings = new Map(settings);
  }

  get now(): bigint {
    return this.#mutations.nowFromWallClock === true ? process.hrtime.bigint() : this.#now;
  }

  randomUint32(): number {
    this.#drawn += 1;
    return this.#prng.uint32();
  }

  /** How many random numbers the request has drawn. */
  get drawn(): number {
    return this.#drawn;
  }

  /** What is counted for a statement starts anew. */
  beginStep(): void {
    this.#rowsGiven = 0;
    this.#valueRow = null;
  }

  /** A count, not a time: on all nodes the same statement fails, or none. */
  rowsGiven(count: number): void {
    this.#rowsGiven += count;
    if (this.#rowsGiven <= ROWS_GIVEN_MAX) return;
    throw new PgError(
      '54000',
      `a statement that writes may generate ${ROWS_GIVEN_MAX} rows at most`,
      {
        hint: 'Write in several statements: every node of the cluster runs each of them in one go.',
      },
    );
  }

  /** The statement reads the next row of a COPY. */
  noteValueRow(reader: ValueRowsReader): void {
    const number = (this.#valueRow?.number ?? 0) + 1;
    this.#valueRow = { number, reader, drawn: this.#drawn };
  }

  /** Since beginStep(); null: the statement reads no such rows. */
  get valueRow(): ValueRow | null {
    return this.#valueRow;
  }

  /** Goes back to where `drawn` was, so that a statement which runs again draws the same. */
  rewind(drawn: number): void {
    this.beginStep();
    if (drawn === this.#drawn) return;
    this.#prng = new Prng(this.#seed);
    for (let skipped = 0; skipped < drawn; skipped++) this.#prng.uint32();
    this.#drawn = drawn;
  }

  setting(name: string): string | null {
    return this.#settings.get(name) ?? null;
  }

  /** For functions. Throws CatalogWanted. */
  catalog(): unknown {
    if (this.#catalog === null) throw new CatalogWanted();
    return this.#catalog;
  }

  /** The schema as it is, uncommitted changes included. Not while a statement runs. */
  loadCatalog(): unknown {
    this.#catalog ??= this.#load();
    return this.#catalog;
  }

  /** The schema has changed, or was changed back. */
  forgetCatalog(): void {
    this.#catalog = null;
  }
}
