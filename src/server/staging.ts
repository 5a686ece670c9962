// Puts the parts of a large transaction in the log before the entry that runs them, a few at a
// time (machine/staged-parts.ts).
import type { StagedTransaction } from '../machine/command.ts';
import type { SpeculationId } from '../machine/speculation.ts';
import type { RunOptions } from '../session/backend.ts';
import type { PartProposals } from './part-proposals.ts';

/** Parts of one transaction that are on their way. */
const UNDER_WAY_MAX = 4;

export class Staging {
  readonly #proposals: PartProposals;
  readonly #id: SpeculationId;
  readonly #options: RunOptions;
  readonly #underWay = new Set<Promise<void>>();
  #parts = 0;
  #bytes = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(proposals: PartProposals, id: SpeculationId, options: RunOptions) {
    this.#proposals = proposals;
    this.#id = id;
    this.#options = options;
  }

  get #staged(): StagedTransaction {
    return { ...this.#proposals.identity, transaction: this.#id, parts: this.#parts };
  }

  /** The next part: an encoded request. Resolves when there is room for another. Throws PgError. */
  async add(part: Uint8Array): Promise<void> {
    this.#proposals.bytes.take(part.length);
    this.#bytes += part.length;
    const work = this.#proposals
      .stage(this.#staged, this.#parts, part, this.#options)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
    this.#parts += 1;
    while (this.#underWay.size >= UNDER_WAY_MAX) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** All are in the log; null: there are none. Throws PgError. */
  async end(): Promise<StagedTransaction | null> {
    await Promise.all(this.#underWay);
    this.#throwFailure();
    return this.#parts === 0 ? null : this.#staged;
  }

  /** Nothing is to be left of them. */
  async undo(): Promise<void> {
    if (this.#parts === 0) return;
    // What is under way could come behind.
    await Promise.all(this.#underWay);
    this.#proposals.unstage(this.#staged, this.#options);
  }

  /** To be called at the end, however it came. */
  close(): void {
    this.#proposals.bytes.give(this.#bytes);
    this.#bytes = 0;
  }
}
