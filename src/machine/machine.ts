// The replicated state machine: applies committed entries to SQLite, in order, each exactly once.
// The applied index changes in the same transaction as the effects (R51).
import { createHash } from 'node:crypto';
import type { Entry, Index, Term } from '../raft/entry.ts';
import { assert, unreachable } from '../util/assert.ts';
import { ByteReader, ByteWriter } from '../util/bytes.ts';
import { RequestContext } from './call-context.ts';
import { decodeCommand, decodeRequest, encodeOutcome } from './command-codec.ts';
import type { ExecuteCommand, FenceCommand, Outcome, RegisterCommand } from './command.ts';
import type { Database } from './database.ts';
import { executeRequest } from './execute.ts';
import type { ExplainConstraint } from './execute.ts';
import type { MachineMutations } from './mutations.ts';
import { SessionTable } from './sessions.ts';

/** Outcomes that are kept for a gateway which asks again, bytes; larger ones are lost by then. */
const KEPT_OUTCOME_BYTES_MAX = 64 * 1024;
const ENTRIES_PER_TRANSACTION = 256;
/** The apply hash is compared with the other nodes' at multiples of this index (R55). */
export const HASH_INTERVAL = 256;

export interface MachineOptions {
  readonly database: Database;
  /** What functions show of the schema. */
  readonly catalog: () => unknown;
  readonly explain: ExplainConstraint;
  readonly mutations?: MachineMutations;
}

/** What became of the requests of one entry. */
export interface EntryOutcomes {
  readonly index: Index;
  readonly kind: 'executed' | 'fenced' | 'registered';
  readonly sessionId: number;
  readonly firstSequence: number;
  /** Encoded outcomes in order of the requests, see packOutcomes. */
  readonly outcomes: Uint8Array;
}

export interface ApplyResult {
  /** Entries applied, from the start of those given. */
  readonly count: number;
  readonly outcomes: readonly EntryOutcomes[];
  readonly hashes: readonly { readonly index: Index; readonly hash: Uint8Array }[];
}

export class Machine {
  readonly #database: Database;
  readonly #explain: ExplainConstraint;
  readonly #mutations: MachineMutations;
  readonly #context: RequestContext;
  readonly #sessions: SessionTable;
  #appliedIndex: Index;
  #appliedTerm: Term;
  #schemaVersion: number;
  #hash: Uint8Array;

  /** `database` has the system tables (open-machine.ts). */
  constructor(options: MachineOptions) {
    this.#database = options.database;
    this.#explain = options.explain;
    this.#mutations = options.mutations ?? {};
    this.#context = new RequestContext(options.catalog);
    this.#sessions = new SessionTable(options.database, this.#mutations);
    const [row] = options.database.rows(
      'SELECT log_index, log_term, schema_version, hash FROM "balsa.applied"',
    );
    assert(row !== undefined, 'the database has its applied index');
    this.#appliedIndex = Number(row[0]);
    this.#appliedTerm = Number(row[1]);
    this.#schemaVersion = Number(row[2]);
    this.#hash = row[3] as Uint8Array;
  }

  get appliedIndex(): Index {
    return this.#appliedIndex;
  }

  get appliedTerm(): Term {
    return this.#appliedTerm;
  }

  get schemaVersion(): number {
    return this.#schemaVersion;
  }

  get applyHash(): Uint8Array {
    return this.#hash;
  }

  /** For registering functions on the writer's connection. */
  get context(): RequestContext {
    return this.#context;
  }

  /**
   * Applies entries in one transaction until `isOverBudget` says so, at least one. Throws
   * MachineHalted, and then nothing of the transaction took effect.
   */
  apply(entries: readonly Entry[], isOverBudget: () => boolean = () => false): ApplyResult {
    const outcomes: EntryOutcomes[] = [];
    const hashes: { index: Index; hash: Uint8Array }[] = [];
    let count = 0;
    this.#database.run('BEGIN IMMEDIATE');
    for (const entry of entries) {
      if (count > 0 && (count >= ENTRIES_PER_TRANSACTION || isOverBudget())) break;
      count += 1;
      if (entry.index <= this.#appliedIndex) continue;
      assert(
        entry.index === this.#appliedIndex + 1,
        `entry ${entry.index} after ${this.#appliedIndex}`,
      );
      const outcome = this.#applyEntry(entry);
      if (outcome !== null) outcomes.push(outcome);
      this.#advance(entry, outcome?.outcomes ?? null);
      if (entry.index % HASH_INTERVAL === 0) hashes.push({ index: entry.index, hash: this.#hash });
    }
    if (this.#mutations.appliedIndexInAnotherTransaction === true) {
      this.#database.run('COMMIT');
      return { count, outcomes, hashes };
    }
    this.#writeApplied();
    this.#database.run('COMMIT');
    return { count, outcomes, hashes };
  }

  /** Only for the mutation that writes the applied index in a transaction of its own. */
  writeAppliedSeparately(): void {
    this.#writeApplied();
  }

  #writeApplied(): void {
    this.#database.run(
      'UPDATE "balsa.applied" SET log_index = ?, log_term = ?, schema_version = ?, hash = ?',
      [
        BigInt(this.#appliedIndex),
        BigInt(this.#appliedTerm),
        BigInt(this.#schemaVersion),
        this.#hash,
      ],
    );
  }

  #advance(entry: Entry, outcomes: Uint8Array | null): void {
    this.#appliedIndex = entry.index;
    this.#appliedTerm = entry.term;
    const hash = createHash('sha256');
    hash.update(this.#hash).update(`${entry.index} ${entry.term} ${entry.kind}`).update(entry.data);
    if (outcomes !== null) hash.update(outcomes);
    this.#hash = hash.digest();
  }

  #applyEntry(entry: Entry): EntryOutcomes | null {
    switch (entry.kind) {
      case 'command':
        return this.#applyCommand(entry);
      case 'configuration':
        this.#database.run(
          'UPDATE "balsa.applied" SET configuration = ?, configuration_index = ?',
          [entry.data, BigInt(entry.index)],
        );
        return null;
      case 'term-start':
      case 'end-lease':
      case 'lease-extend':
        return null;
      default:
        return unreachable(entry.kind);
    }
  }

  #applyCommand(entry: Entry): EntryOutcomes | null {
    const command = decodeCommand(entry.data);
    switch (command.kind) {
      case 'register':
        return this.#register(entry, command);
      case 'execute':
        return this.#execute(entry, command);
      case 'fence':
        return this.#fence(entry, command);
      default:
        return unreachable(command);
    }
  }

  #register(entry: Entry, { nodeId, incarnation }: RegisterCommand): EntryOutcomes | null {
    const sessionId = this.#sessions.register(entry.index, nodeId, incarnation);
    if (sessionId === null) return null;
    const outcomes = registration(nodeId, incarnation);
    return { index: entry.index, kind: 'registered', sessionId, firstSequence: 0, outcomes };
  }

  #execute(entry: Entry, command: ExecuteCommand): EntryOutcomes | null {
    const { sessionId, firstSequence, requests } = command;
    const reply = (outcomes: Uint8Array): EntryOutcomes => ({
      index: entry.index,
      kind: 'executed',
      sessionId,
      firstSequence,
      outcomes,
    });
    if (!this.#sessions.isOpen(sessionId)) {
      return reply(packOutcomes(requests.map(() => ({ kind: 'session-expired' }))));
    }
    this.#sessions.acknowledge(sessionId, command.ackLow);
    const kept = this.#sessions.executedBefore(sessionId, firstSequence);
    if (kept !== null) return reply(kept);
    const outcomes = requests.map((request, at) =>
      this.#sessions.mayExecute(sessionId, firstSequence + at)
        ? this.#executeRequest(request)
        : ({ kind: 'fenced' } as const),
    );
    const packed = packOutcomes(outcomes);
    const lastSequence = firstSequence + requests.length - 1;
    const isSmall = packed.length <= KEPT_OUTCOME_BYTES_MAX;
    const keep = isSmall ? packed : packOutcomes(outcomes.map(withoutRows));
    this.#sessions.keep(sessionId, firstSequence, lastSequence, entry.index, keep);
    return reply(packed);
  }

  #executeRequest(bytes: Uint8Array): Outcome {
    const request = decodeRequest(bytes);
    if (request.schemaVersion !== this.#schemaVersion) {
      return { kind: 'stale-schema', schemaVersion: this.#schemaVersion };
    }
    this.#context.begin(request.now, request.seed, request.settings);
    const outcome = executeRequest(this.#database, request, this.#explain);
    if (outcome.kind === 'done' && !request.isDoomed) this.#schemaVersion += request.schemaChanges;
    return outcome;
  }

  /** After this the outcome is definite: executed before, or never (raft 3.5). */
  #fence(entry: Entry, { sessionId, sequence }: FenceCommand): EntryOutcomes {
    const { index } = entry;
    if (!this.#sessions.isOpen(sessionId)) {
      const outcomes = packOutcomes([{ kind: 'session-expired' }]);
      return { index, kind: 'fenced', sessionId, firstSequence: sequence, outcomes };
    }
    const execution = this.#sessions.executionOf(sessionId, sequence);
    if (execution !== null) return { index, kind: 'executed', sessionId, ...execution };
    this.#sessions.fence(sessionId, sequence);
    const outcomes = packOutcomes([{ kind: 'fenced' }]);
    return { index, kind: 'fenced', sessionId, firstSequence: sequence, outcomes };
  }
}

/** Too large to keep: whether it was done is kept all the same. */
function withoutRows(outcome: Outcome): Outcome {
  return outcome.kind === 'done' ? { kind: 'result-lost' } : outcome;
}

/** The outcomes of an entry in one piece: a count, then each behind its length. */
export function packOutcomes(outcomes: readonly Outcome[]): Uint8Array {
  const writer = new ByteWriter(128);
  writer.u32(outcomes.length);
  for (const outcome of outcomes) writer.bytes(encodeOutcome(outcome));
  return writer.finish();
}

/** Encoded outcomes, see decodeOutcome. */
export function unpackOutcomes(packed: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(packed);
  const outcomes = Array.from({ length: reader.u32() }, () => reader.bytes());
  reader.end();
  return outcomes;
}

function registration(nodeId: number, incarnation: number): Uint8Array {
  return new ByteWriter(16).u32(nodeId).u53(incarnation).finish();
}

/** Whose registration it was. */
export function readRegistration(bytes: Uint8Array): {
  readonly nodeId: number;
  readonly incarnation: number;
} {
  const reader = new ByteReader(bytes);
  return { nodeId: reader.u32(), incarnation: reader.u53() };
}
