// Parts of large transactions, of all clients of this node, on their way to where machines stage them
// (machine/staged-parts.ts): a few at once, and not more bytes than the disks are to hold.
import { PgError } from '../errors/pg-error.ts';
import { encodeRequest } from '../machine/request-codec.ts';
import type { StagedTransaction, Step } from '../machine/command.ts';
import { stagePart, unstageParts } from '../machine/staged-parts.ts';
import { pgErrorOf } from '../machine/statement-error.ts';
import type { RunOptions } from '../session/backend.ts';
import { Cancellation } from '../util/cancellation.ts';
import { ByteBudget } from './byte-budget.ts';
import type { RisingClock } from './clock.ts';
import { lateWrite } from './late.ts';
import type { Proposals } from './proposals.ts';
import type { SharedState } from './shared-state.ts';
import { Slots } from './slots.ts';

/** Of all clients of this node. */
const BYTES_MAX = 8 * 1024 * 1024 * 1024;
/** Parts on their way through the log: other requests of the gateway are to have room beside them. */
const AT_ONCE_MAX = 16;
/** For each part that may be ahead of another, beyond balsa.commit_timeout. */
const PART_MS = 1000;

export interface PartProposalsOptions {
  readonly proposals: Proposals;
  readonly shared: SharedState;
  readonly clock: RisingClock;
  /** Of this gateway. */
  readonly identity: { readonly nodeId: number; readonly incarnation: number };
}

export class PartProposals {
  /** Of transactions that have not ended, on all nodes. */
  readonly bytes = new ByteBudget(BYTES_MAX, 'staged transactions');
  readonly identity: PartProposalsOptions['identity'];
  readonly #options: PartProposalsOptions;
  readonly #slots = new Slots(AT_ONCE_MAX);

  constructor(options: PartProposalsOptions) {
    this.#options = options;
    this.identity = options.identity;
  }

  /** Puts the part of that number in the log; nothing takes effect yet. Rejects with PgError. */
  async stage(
    staged: StagedTransaction,
    part: number,
    bytes: Uint8Array,
    options: RunOptions,
  ): Promise<void> {
    const { commitTimeoutMs } = options;
    const patient = {
      ...options,
      commitTimeoutMs: commitTimeoutMs === 0 ? 0 : commitTimeoutMs + AT_ONCE_MAX * PART_MS,
    };
    try {
      await this.#slots.during(() => this.#run(stagePart(staged, part, bytes), patient));
    } catch (error) {
      // Whatever becomes of a part: nothing takes effect without the last entry.
      const isUnknown = error instanceof PgError && error.code === '08007';
      throw isUnknown ? lateWrite(this.#options.shared, options) : error;
    }
  }

  /**
   * The parts are not wanted any more. What cannot be given up now goes when the gateway's session
   * ends.
   */
  unstage(staged: StagedTransaction, options: RunOptions): void {
    const later = { ...options, cancellation: new Cancellation(), statementTimeoutMs: 0 };
    this.#run(unstageParts(staged), later).catch(() => undefined);
  }

  /** A step that is about no schema, in a request of its own: in whatever version there is. */
  async #run(step: Step, options: RunOptions): Promise<void> {
    const { proposals, shared, clock } = this.#options;
    for (;;) {
      const request = encodeRequest({
        schemaVersion: shared.schemaVersion(),
        now: clock.now(),
        statements: [[step]],
      });
      const outcome = await proposals.propose(request, options);
      if (outcome.kind === 'done') return;
      if (outcome.kind === 'failed') throw pgErrorOf(outcome.error);
    }
  }
}
