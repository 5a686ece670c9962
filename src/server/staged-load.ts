// A load that is larger than one entry, outside of a transaction block: its statements go through the
// log as they come, and the last entry runs them. Nobody is told anything before, so that nothing
// needs to run twice, and what others write meanwhile does not disturb it.
import { randomInt } from 'node:crypto';
import { withCascades } from '../catalog/cascades.ts';
import { PgError } from '../errors/pg-error.ts';
import { encodeRequest } from '../machine/request-codec.ts';
import type { NewRequest } from '../machine/request-codec.ts';
import { DIGEST_BYTES } from '../machine/command.ts';
import type { Outcome, StagedTransaction } from '../machine/command.ts';
import type { SpeculationId } from '../machine/speculation.ts';
import { pgErrorOf } from '../machine/statement-error.ts';
import type { BoundPlan, BulkLoad, RunOptions, StatementResult } from '../session/backend.ts';
import type { Oid } from '../types/pg-type.ts';
import { must } from '../util/assert.ts';
import { proposeBehindLocks } from './held-row.ts';
import { locksLost } from './lock-client.ts';
import { pinned, stepsOf } from './plan-steps.ts';
import { schemaChanged } from './serialization-failure.ts';
import { Staging } from './staging.ts';
import { RELEASING } from './transaction-commit.ts';
import type { TransactionHost } from './transaction-host.ts';

/** For running a load, beyond balsa.commit_timeout: ms for each part. */
const PART_MS = 1000;
const NO_DIGEST = new Uint8Array(DIGEST_BYTES);

export class StagedLoad implements BulkLoad {
  readonly #host: TransactionHost;
  readonly #options: RunOptions;
  readonly #staging: Staging;
  readonly #now: bigint;
  /** Of what it has to wait for. */
  readonly #id: SpeculationId;
  #isReleased = false;
  #schemaVersion: number | null = null;
  readonly #writes = new Set<Oid>();

  constructor(host: TransactionHost, options: RunOptions) {
    this.#host = host;
    this.#options = options;
    this.#id = host.speculator.newId();
    this.#staging = new Staging(host.parts, this.#id, options);
    this.#now = host.clock.now();
  }

  async add(bound: BoundPlan): Promise<void> {
    const { catalog, writes } = bound.plan;
    this.#schemaVersion ??= catalog.version;
    if (catalog.version !== this.#schemaVersion) throw schemaChanged();
    for (const oid of withCascades(catalog, writes)) this.#writes.add(oid);
    await this.#staging.add(encodeRequest(this.#request([bound], null)));
  }

  async finish(): Promise<StatementResult> {
    try {
      const staged = await this.#staging.end();
      return this.#told(await this.#propose(must(staged, 'a load has statements')));
    } catch (error) {
      await this.#staging.undo();
      throw error;
    } finally {
      this.#staging.close();
      await this.#host.locks.endTransaction(this.#id, this.#isReleased);
    }
  }

  async #propose(staged: StagedTransaction): Promise<Outcome> {
    const { commitTimeoutMs, idempotencyKey } = this.#options;
    const options = {
      ...this.#options,
      commitTimeoutMs: commitTimeoutMs === 0 ? 0 : commitTimeoutMs + staged.parts * PART_MS,
    };
    const waiter = { host: this.#host, transaction: this.#id, options };
    const outcome = await proposeBehindLocks(waiter, () => {
      const request = { ...this.#request([], staged), idempotencyKey };
      return this.#host.proposals.propose(encodeRequest(request), options);
    });
    this.#isReleased = RELEASING.includes(outcome.kind);
    return outcome;
  }

  #told(outcome: Outcome): StatementResult {
    switch (outcome.kind) {
      case 'done': {
        const result = must(outcome.results[0], 'a load has a result');
        this.#options.noteKeyUsed();
        if (result.sequences !== undefined) this.#options.noteSequences(result.sequences);
        return result;
      }
      case 'failed':
        throw pgErrorOf(outcome.error);
      case 'stale-schema':
        throw schemaChanged();
      case 'locks-lost':
        throw locksLost();
      default:
        throw new PgError(
          '08007',
          `it is not known whether the load took effect (${outcome.kind})`,
        );
    }
  }

  #request(bounds: readonly BoundPlan[], staged: StagedTransaction | null): NewRequest {
    const owner = this.#host.locks.ownerOf(this.#id);
    return {
      schemaVersion: must(this.#schemaVersion, 'a load has statements'),
      schemaChanges: 0,
      now: this.#now,
      statements: bounds.map(stepsOf),
      writes: [...this.#writes].sort((a, b) => a - b),
      recording: {
        snapshot: 0,
        statements: bounds.map((bound) => ({
          isRead: false,
          reads: bound.plan.reads,
          changesSchema: false,
          settings: pinned([bound], this.#options),
          seed: randomInt(0, 0xffff_ffff),
          actions: [],
          digest: NO_DIGEST,
        })),
        sequences: [],
        locks: owner === null ? null : { owner, transaction: this.#id },
        staged,
        isUntold: true,
      },
    };
  }

  abort(): void {
    void this.#staging.undo().finally(() => this.#staging.close());
  }
}
