// A client of the simulator that has interactive transactions, one after the other, each on any
// node: a few statements with time between them, in which others change the same rows.
import type { Answer } from '../../src/gateway/gateway.ts';
import { encodeRequest } from '../../src/machine/request-codec.ts';
import type { Request, StagedTransaction } from '../../src/machine/command.ts';
import { stagePart, unstageParts } from '../../src/machine/staged-parts.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';
import type { Prng } from '../../src/util/prng.ts';
import { CELLS, drawRead, drawWrite, reserveStep } from './cells.ts';
import type { CellStatement, Told } from './cells.ts';
import { fail } from './checks.ts';
import { OpenTransaction } from './open-transaction.ts';
import { NOTHING, outcomeOf } from './requests.ts';
import type { Ask } from './requests.ts';
import type { Schedule } from './schedule.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { TransactionChecks } from './transaction-checks.ts';

const PAUSE_MS = 60;
const THINK_MS = 25;
const STATEMENTS_MAX = 5;
const SNAPSHOT_SHARE = 0.4;
const SAVEPOINT_SHARE = 0.2;
const GIVEN_UP_SHARE = 0.06;
const ROLLBACK_SHARE = 0.12;
const WRITE_SHARE = 0.6;
/** Clients that have seen no value yet write this one. */
const UNSEEN = 5;

export interface TransactionClientOptions {
  readonly prng: Prng;
  readonly nodes: readonly SimulatedNode[];
  readonly schedule: Schedule;
  readonly checks: TransactionChecks;
  /** Numbers of transactions, unique in the run. */
  readonly newId: () => number;
  readonly isPeace: () => boolean;
  /** Proposes; false: the node takes no more. `onEnd`: nothing more will be heard of it. */
  readonly commit: (
    node: SimulatedNode,
    id: number,
    request: Request,
    onEnd: (isDone: boolean) => void,
  ) => boolean;
  readonly ask: Ask;
  /** How many of the commits go through the log in parts. */
  readonly stagedShare: number;
  /** How many of the statements take a value of a sequence. */
  readonly drawShare: number;
  /** Values of the sequence that clients were given. */
  readonly given: Set<bigint>;
  readonly count: (what: string) => void;
}

/** A transaction that is going on. */
interface Turn {
  readonly node: SimulatedNode;
  readonly incarnation: number;
  readonly transaction: OpenTransaction<CellStatement>;
  statementsLeft: number;
  hasSavepoint: boolean;
  /** The last statement failed: nothing but going back is possible. */
  hasFailed: boolean;
  /** Parts of it may be in the log. */
  isStaged: boolean;
}

export class TransactionClient {
  readonly #options: TransactionClientOptions;

  #turn: Turn | null = null;

  constructor(options: TransactionClientOptions) {
    this.#options = options;
  }

  /** The gateway's session is to be kept alive. */
  holdsOn(node: SimulatedNode): boolean {
    const turn = this.#turn;
    return turn?.isStaged === true && turn.node === node && turn.incarnation === node.incarnation;
  }

  /** The next transaction, in a while; none any more in peace. */
  start(): void {
    const { schedule, prng, nodes, isPeace } = this.#options;
    this.#turn = null;
    schedule.after(PAUSE_MS * 2 * prng.float(), () => {
      if (isPeace()) return;
      const node = prng.pick(nodes);
      if (node.isReady() && node.pausedUntil <= schedule.now) this.#begin(node);
      else this.start();
    });
  }

  #begin(node: SimulatedNode): void {
    const { prng, newId, count } = this.#options;
    count('transactions');
    const turn: Turn = {
      node,
      incarnation: node.incarnation,
      transaction: new OpenTransaction(newId(), node, CELLS),
      statementsLeft: prng.between(2, STATEMENTS_MAX),
      hasSavepoint: false,
      hasFailed: false,
      isStaged: false,
    };
    this.#turn = turn;
    if (prng.chance(SNAPSHOT_SHARE)) {
      const reads = Array.from({ length: prng.between(1, 2) }, () => drawRead(prng));
      turn.transaction.readInSnapshot(reads);
      this.#checkTold(turn);
    }
    this.#later(turn);
  }

  #later(turn: Turn): void {
    const { schedule, prng } = this.#options;
    schedule.after(THINK_MS * 2 * prng.float(), () =>
      this.#whenAwake(turn, () => this.#goOn(turn)),
    );
  }

  /** With its process the transaction is gone. */
  #whenAwake({ node, incarnation }: Turn, act: () => void): void {
    node.whenAwake(incarnation, act, () => this.start());
  }

  #goOn(turn: Turn): void {
    if (turn.hasFailed && !turn.hasSavepoint) this.#rollBack(turn);
    else if (turn.statementsLeft > 0 || turn.hasFailed) this.#statement(turn);
    else this.#end(turn);
  }

  #statement(turn: Turn): void {
    const { prng } = this.#options;
    const statement = this.#draw(turn);
    const isGivenUp = prng.chance(GIVEN_UP_SHARE);
    turn.statementsLeft -= 1;
    this.#run(turn, statement, isGivenUp);
  }

  #run(turn: Turn, statement: CellStatement, isGivenUp: boolean): void {
    const { checks, count } = this.#options;
    const { transaction, node } = turn;
    const aloneBefore = transaction.aloneCount;
    const ran = transaction.run(statement, isGivenUp);
    if (ran.kind === 'exhausted') {
      this.#reserve(turn, () => this.#run(turn, statement, isGivenUp));
      return;
    }
    if (ran.kind === 'no-room') {
      count('statements-without-room');
      this.#rollBack(turn);
      return;
    }
    if (ran.kind === 'wanted') fail(`${statement.kind} wants ${ran.action}`);
    if (ran.kind === 'conflict') {
      count('conflicts-on-the-way');
      const who = `transaction ${transaction.id} on node ${node.id}`;
      checks.refused(who, transaction, ran.statement, node.machine.appliedIndex);
      this.#rollBack(turn);
      return;
    }
    if (ran.kind === 'held') fail(`${statement.kind} waits for ${ran.held.resource}`);
    if (transaction.aloneCount > aloneBefore) count('statements-alone');
    if (isGivenUp) count('statements-given-up');
    else {
      this.#checkTold(turn);
      if (statement.kind === 'savepoint') turn.hasSavepoint = true;
      turn.hasFailed = ran.told.startsWith('error');
    }
    this.#later(turn);
  }

  /** Takes values of the sequence through the log. */
  #reserve(turn: Turn, goOn: () => void): void {
    const { prng, ask, count } = this.#options;
    const statements = [[reserveStep(prng.between(1, 3))]];
    const isAsked = ask(turn.node, { ...EMPTY, statements }, false, (answer) => {
      if (this.#turn !== turn) return;
      const row = answer === null ? null : rowOf(answer);
      if (row === null) {
        this.#rollBack(turn);
        return;
      }
      const [first, values] = row as readonly [bigint, bigint];
      for (let value = first; value < first + values; value++) {
        if (this.#options.given.has(value)) fail(`${value} of the sequence was given twice`);
        this.#options.given.add(value);
      }
      count('values-reserved');
      turn.transaction.reserve(first, Number(values));
      goOn();
    });
    if (!isAsked) this.#rollBack(turn);
  }

  #draw({ transaction, hasSavepoint, hasFailed }: Turn): CellStatement {
    const { prng, drawShare } = this.#options;
    if (hasFailed) return { kind: 'rollback-to' };
    if (drawShare > 0 && prng.chance(drawShare)) return { kind: 'draw' };
    if (prng.chance(SAVEPOINT_SHARE)) return { kind: hasSavepoint ? 'rollback-to' : 'savepoint' };
    return prng.chance(WRITE_SHARE) ? drawWrite(prng, lastSeen(transaction.told)) : drawRead(prng);
  }

  #checkTold({ transaction, node }: Turn): void {
    if (transaction.aloneCount > 0) return;
    const who = `transaction ${transaction.id} on node ${node.id}`;
    this.#options.checks.told(who, transaction, transaction.snapshot);
  }

  #rollBack({ transaction, node, incarnation }: Turn): void {
    if (node.incarnation === incarnation && node.isReady()) transaction.forget();
    this.#options.count('transactions-rolled-back');
    this.start();
  }

  #end(turn: Turn): void {
    const { prng, checks, stagedShare } = this.#options;
    const { transaction, node, incarnation } = turn;
    if (prng.chance(ROLLBACK_SHARE)) {
      this.#rollBack(turn);
      return;
    }
    const { id, statements, told } = transaction;
    checks.propose(id, { statements, told });
    const isInParts = stagedShare > 0 && prng.chance(stagedShare);
    const requests = transaction.requests(isInParts ? prng.between(2, 3) : 1);
    const parts = requests.slice(0, -1);
    const last = requests.at(-1) as Request;
    if (parts.length === 0) this.#commit(turn, last, null);
    else {
      transaction.forget();
      const staged = { nodeId: node.id, incarnation, transaction: id, parts: parts.length };
      this.#stage(turn, staged, parts, last);
    }
  }

  #commit(turn: Turn, request: Request, staged: StagedTransaction | null): void {
    const { node, incarnation, transaction } = turn;
    const recording = request.recording === null ? null : { ...request.recording, staged };
    const whole = { ...request, recording };
    transaction.propose(whole);
    const isTaken = this.#options.commit(node, transaction.id, whole, (isDone) => {
      if (node.incarnation === incarnation && node.isReady()) transaction.forget();
      if (!isDone && staged !== null) this.#unstage(turn, staged);
      this.start();
    });
    if (!isTaken) this.#rollBack(turn);
  }

  /** Puts the parts in the log, one after the other, and then the last request. */
  #stage(
    turn: Turn,
    staged: StagedTransaction,
    parts: readonly Request[],
    last: Request,
    done = 0,
  ): void {
    const part = parts[done];
    if (part === undefined) {
      this.#options.count('transactions-in-parts');
      this.#commit(turn, last, staged);
      return;
    }
    turn.isStaged = true;
    const statements = [[stagePart(staged, done, encodeRequest(part))]];
    const isAsked = this.#options.ask(turn.node, { ...EMPTY, statements }, false, (answer) => {
      if (this.#turn !== turn) return;
      if (answer !== null && outcomeOf(answer)?.kind === 'done') {
        this.#afterPart(turn, () => this.#stage(turn, staged, parts, last, done + 1));
        return;
      }
      if (answer !== null) this.#unstage(turn, staged);
      this.#rollBack(turn);
    });
    if (!isAsked) this.#rollBack(turn);
  }

  /** Parts are large, and the way to the log is long. */
  #afterPart(turn: Turn, goOn: () => void): void {
    const { schedule, prng } = this.#options;
    schedule.after(THINK_MS * 4 * prng.float(), () => this.#whenAwake(turn, goOn));
  }

  /** Nobody waits for it. */
  #unstage({ node, incarnation }: Turn, staged: StagedTransaction): void {
    if (node.incarnation !== incarnation || !node.isReady()) return;
    const request = { ...EMPTY, statements: [[unstageParts(staged)]] };
    this.#options.ask(node, request, false, () => undefined);
  }
}

const EMPTY: Request = { ...NOTHING, schemaVersion: 1 };

function rowOf(answer: Answer): readonly SqliteValue[] | null {
  const outcome = outcomeOf(answer);
  return outcome?.kind === 'done' ? (outcome.results[0]?.rows?.[0] ?? null) : null;
}

function lastSeen(told: readonly Told[]): number {
  const last = told.findLast((one) => /^rows \d+$/.test(one));
  return last === undefined ? UNSEEN : Number(last.slice('rows '.length));
}
