// One interactive transaction of the simulator, on its gateway: statements go to the node's machine
// to be speculated, and what was told is recorded for the commit, as src/server/open-transaction.ts
// does it, without promises.
import { encodeRequest, splitRequest } from '../../src/machine/request-codec.ts';
import type {
  PerformedAction,
  RecordedStatement,
  Recording,
  Request,
  ReservedSequence,
  Step,
  StepResult,
} from '../../src/machine/command.ts';
import type { ErrorData } from '../../src/machine/command.ts';
import type { Machine } from '../../src/machine/machine.ts';
import type { HeldRow, TableUse } from '../../src/machine/row-guard.ts';
import type { SpeculationId } from '../../src/machine/speculation.ts';
import { isError } from '../../src/machine/told.ts';
import { reserved } from './cells.ts';
import type { Told } from './cells.ts';

/** What statements are to the machine. */
export interface Language<Statement> {
  stepOf(statement: Statement): Step;
  /** As a gateway records it; its digest is to be filled in. */
  recordedOf(statement: Statement): RecordedStatement;
  writesOf(statements: readonly Statement[]): readonly number[];
  /** See Speculate. Absent: it locks no tables. */
  usesOf?(statement: Statement): readonly TableUse[];
  /** See QueryPlan.isOfTables. */
  isOfTables(statement: Statement): boolean;
}

export type Ran =
  | { readonly kind: 'told'; readonly told: Told }
  /** A statement before would tell something else by now. */
  | { readonly kind: 'conflict'; readonly statement: number }
  /** Values of the sequence are to be reserved first. */
  | { readonly kind: 'exhausted' }
  /** Nothing is left of the transaction, for want of room on the disk. */
  | { readonly kind: 'no-room' }
  /** A table that is to be waited for first. */
  | { readonly kind: 'held'; readonly held: HeldRow }
  /** That is to be done through the log first. */
  | { readonly kind: 'wanted'; readonly action: string };

/** Whose machine is another one when its database was opened again. */
interface Host {
  readonly machine: Machine;
}

export class OpenTransaction<Statement> {
  /** Unique in the run: the log shows it as the time of the transaction. */
  readonly id: number;
  readonly #host: Host;
  readonly #machine: Machine;
  readonly #language: Language<Statement>;
  readonly #speculation: SpeculationId;
  readonly statements: Statement[] = [];
  readonly told: Told[] = [];
  readonly #recorded: RecordedStatement[] = [];
  readonly #sequences: ReservedSequence[] = [];
  /** How many of them the machine has. */
  #sequencesSent = 0;
  /** What was told holds up to here. */
  snapshot = 0;
  /** As at read committed: what it was told need not be of one state before it commits. */
  readonly #isReadCommitted: boolean;
  /** Statements that may have run without those before them. */
  aloneCount = 0;
  /** The machine has run all statements. */
  #isSpeculated = false;
  /** Locks that it has by now, and of which session of the gateway. */
  locks: Recording['locks'] = null;
  sessionId = 0;

  constructor(id: number, host: Host, language: Language<Statement>) {
    this.id = id;
    this.#speculation = id;
    this.#isReadCommitted = id % 2 === 0;
    this.#host = host;
    this.#machine = host.machine;
    this.#language = language;
  }

  /**
   * Reads of one moment, before the machine knows of the transaction: in production on a reader of
   * their own.
   */
  readInSnapshot(statements: readonly Statement[]): void {
    const other = new OpenTransaction(-this.id, this.#host, this.#language);
    for (const statement of statements) {
      if (other.run(statement).kind === 'no-room') break;
    }
    other.forget();
    this.statements.push(...other.statements);
    this.told.push(...other.told);
    this.#recorded.push(...other.#recorded);
    this.snapshot = other.snapshot;
  }

  /**
   * `isGivenUp`: the client is gone before the answer is there, and the statement is none. `actions`:
   * what it wanted before.
   */
  run(statement: Statement, isGivenUp = false, actions: readonly PerformedAction[] = []): Ran {
    const isWhole = !this.#isSpeculated;
    const recorded = { ...this.#language.recordedOf(statement), actions };
    const sequences = isWhole ? this.#sequences : this.#sequences.slice(this.#sequencesSent);
    this.#sequencesSent = this.#sequences.length;
    this.#isSpeculated = false;
    const standsAlone = this.#standsAlone(statement);
    if (this.#host.machine !== this.#machine) return { kind: 'no-room' };
    if (standsAlone) this.aloneCount += 1;
    const answer = this.#machine.speculate({
      id: this.#speculation,
      isWhole,
      isKept: true,
      standsAlone,
      uses: this.#language.usesOf?.(statement) ?? [],
      sessionId: this.sessionId,
      request: isWhole
        ? this.#request([...this.statements, statement], [...this.#recorded, recorded], sequences)
        : this.#request([statement], [recorded], sequences),
    });
    if (answer.kind === 'conflict') return answer;
    if (answer.kind === 'exhausted') return { kind: 'exhausted' };
    if (answer.kind === 'wanted' || answer.kind === 'held') return answer;
    if (answer.kind === 'no-room') return answer;
    if (answer.kind !== 'told') throw new Error(`a speculation answers ${answer.kind}`);
    const told = tellingOf(answer.told);
    if (isGivenUp) return { kind: 'told', told };
    this.#isSpeculated = true;
    this.snapshot = answer.snapshot;
    this.statements.push(statement);
    this.told.push(told);
    this.#recorded.push({ ...recorded, digest: answer.digest });
    return { kind: 'told', told };
  }

  /** As src/server/standing-alone.ts. */
  #standsAlone(statement: Statement): boolean {
    const { recordedOf, writesOf, isOfTables } = this.#language;
    const written = writesOf(this.statements);
    const touched = [...recordedOf(statement).reads, ...writesOf([statement])];
    return (
      this.#isReadCommitted &&
      touched.length > 0 &&
      [...this.statements, statement].every(isOfTables) &&
      !touched.some((table) => written.includes(table))
    );
  }

  /** The machine is told that its commit comes, as `request`. */
  propose(request: Request): void {
    const encoded = splitRequest(encodeRequest(request));
    if (this.#isSpeculated && this.#host.machine === this.#machine)
      this.#machine.proposeSpeculation(this.#speculation, encoded);
    else this.forget();
  }

  /** Values that were taken through the log. */
  reserve(first: bigint, count: number): void {
    this.#sequences.push(reserved(first, count));
  }

  /** What a commit proposes, in so many requests: all but the last are to be staged. */
  requests(count: number): readonly Request[] {
    const each = Math.max(1, Math.ceil(this.statements.length / count));
    const parts: Request[] = [];
    // Also if there are none.
    for (let at = 0; at === 0 || at < this.statements.length; at += each) {
      const isLast = at + each >= this.statements.length;
      const statements = this.statements.slice(at, at + each);
      const recorded = this.#recorded.slice(at, at + each);
      const request = this.#request(statements, recorded, isLast ? this.#sequences : []);
      parts.push(
        isLast ? { ...request, writes: this.#language.writesOf(this.statements) } : request,
      );
    }
    return parts;
  }

  #request(
    statements: readonly Statement[],
    recorded: readonly RecordedStatement[],
    sequences: readonly ReservedSequence[],
  ): Request {
    return {
      schemaVersion: 1,
      schemaChanges: 0,
      now: BigInt(this.id),
      seed: 0,
      settings: [],
      statements: statements.map((statement) => [this.#language.stepOf(statement)]),
      isDoomed: false,
      writes: this.#language.writesOf(statements),
      recording: {
        snapshot: this.snapshot,
        statements: recorded,
        sequences,
        locks: this.locks,
        staged: null,
      },
      idempotencyKey: '',
      locks: null,
    };
  }

  forget(): void {
    this.#isSpeculated = false;
    if (this.#host.machine === this.#machine) this.#machine.forgetSpeculation(this.#speculation);
  }
}

function tellingOf(told: StepResult | ErrorData): Told {
  if (isError(told)) return `error ${told.code}`;
  if (told.rows === null) return `count ${told.count}`;
  return `rows ${told.rows.map((row) => row.map(String).join('|')).join(',')}`;
}
