// What functions see while a request runs: everything comes from the request, so that it is the
// same on all nodes.
import type { CallContext } from '../sql/functions/signature.ts';
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

export class RequestContext implements CallContext {
  readonly #load: () => unknown;
  readonly #mutations: MachineMutations;
  #now = 0n;
  #seed = 0;
  #prng = new Prng(0);
  #drawn = 0;
  #settings: ReadonlyMap<string, string> = new Map();
  /** null: not loaded since the schema changed. */
  #catalog: unknown = null;

  constructor(loadCatalog: () => unknown, mutations: MachineMutations = {}) {
    this.#load = loadCatalog;
    this.#mutations = mutations;
  }

  begin({ now, seed, settings }: Request): void {
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

  /** Goes back to where `drawn` was, so that a statement which runs again draws the same. */
  rewind(drawn: number): void {
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
