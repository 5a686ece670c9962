// What functions see while a request runs: everything comes from the request, so that it is the
// same on all nodes.
import type { CallContext } from '../sql/functions/signature.ts';
import { Prng } from '../util/prng.ts';

export class RequestContext implements CallContext {
  now = 0n;
  #prng = new Prng(0);
  #settings: ReadonlyMap<string, string> = new Map();
  #catalog: () => unknown;

  constructor(catalog: () => unknown) {
    this.#catalog = catalog;
  }

  begin(now: bigint, seed: number, settings: readonly (readonly [string, string])[]): void {
    this.now = now;
    this.#prng = new Prng(seed);
    this.#settings = new Map(settings);
  }

  randomUint32(): number {
    return this.#prng.uint32();
  }

  setting(name: string): string | null {
    return this.#settings.get(name) ?? null;
  }

  catalog(): unknown {
    return this.#catalog();
  }
}
