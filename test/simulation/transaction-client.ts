// A client of the simulator that has interactive transactions, one after the other, each on any
// node: a few statements with time between them, in which others change the same rows.
import type { Request } from '../../src/machine/command.ts';
import type { Prng } from '../../src/util/prng.ts';
import { drawRead, drawWrite } from './cells.ts';
import type { CellStatement, Told } from './cells.ts';
import { OpenTransaction } from './open-transaction.ts';
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
    onEnd: () => void,
  ) => boolean;
  readonly count: (what: string) => void;
}

/** A transaction that is going on. */
interface Turn {
  readonly node: SimulatedNode;
  readonly incarnation: number;
  readonly transaction: OpenTransaction;
  statementsLeft: number;
  hasSavepoint: boolean;
  /** The last statement failed: nothing but going back is possible. */
  hasFailed: boolean;
}

export class TransactionClient {
  readonly #options: TransactionClientOptions;

  constructor(options: TransactionClientOptions) {
    this.#options = options;
  }

  /** The next transaction, in a while; none any more in peace. */
  start(): void {
    const { schedule, prng, nodes, isPeace } = this.#options;
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
      transaction: new OpenTransaction(newId(), node.machine),
      statementsLeft: prng.between(2, STATEMENTS_MAX),
      hasSavepoint: false,
      hasFailed: false,
    };
    if (prng.chance(SNAPSHOT_SHARE)) {
      const reads = Array.from({ length: prng.between(1, 2) }, () => drawRead(prng));
      turn.transaction.readInSnapshot(reads);
      this.#checkTold(turn);
    }
    this.#later(turn);
  }

  #later(turn: Turn): void {
    const { schedule, prng } = this.#options;
    schedule.after(THINK_MS * 2 * prng.float(), () => this.#goOn(turn));
  }

  #goOn(turn: Turn): void {
    const { schedule } = this.#options;
    const { node, incarnation } = turn;
    const wait = node.pausedUntil - schedule.now;
    // With its process the transaction is gone.
    if (!node.isReady() || node.incarnation !== incarnation) this.start();
    else if (wait > 0) schedule.after(wait, () => this.#goOn(turn));
    else if (turn.hasFailed && !turn.hasSavepoint) this.#rollBack(turn);
    else if (turn.statementsLeft > 0 || turn.hasFailed) this.#statement(turn);
    else this.#end(turn);
  }

  #statement(turn: Turn): void {
    const { prng, checks, count } = this.#options;
    const { transaction, node } = turn;
    const statement = this.#draw(turn);
    const isGivenUp = prng.chance(GIVEN_UP_SHARE);
    turn.statementsLeft -= 1;
    const ran = transaction.run(statement, isGivenUp);
    if (ran.kind === 'conflict') {
      count('conflicts-on-the-way');
      const who = `transaction ${transaction.id} on node ${node.id}`;
      checks.refused(who, transaction, ran.statement, node.machine.appliedIndex);
      this.#rollBack(turn);
      return;
    }
    if (isGivenUp) count('statements-given-up');
    else {
      this.#checkTold(turn);
      if (statement.kind === 'savepoint') turn.hasSavepoint = true;
      turn.hasFailed = ran.told.startsWith('error');
    }
    this.#later(turn);
  }

  #draw({ transaction, hasSavepoint, hasFailed }: Turn): CellStatement {
    const { prng } = this.#options;
    if (hasFailed) return { kind: 'rollback-to' };
    if (prng.chance(SAVEPOINT_SHARE)) return { kind: hasSavepoint ? 'rollback-to' : 'savepoint' };
    return prng.chance(WRITE_SHARE) ? drawWrite(prng, lastSeen(transaction.told)) : drawRead(prng);
  }

  #checkTold({ transaction, node }: Turn): void {
    const who = `transaction ${transaction.id} on node ${node.id}`;
    this.#options.checks.told(who, transaction, transaction.snapshot);
  }

  #rollBack({ transaction }: Turn): void {
    transaction.forget();
    this.#options.count('transactions-rolled-back');
    this.start();
  }

  #end(turn: Turn): void {
    const { prng, checks, commit } = this.#options;
    const { transaction, node, incarnation } = turn;
    if (prng.chance(ROLLBACK_SHARE)) {
      this.#rollBack(turn);
      return;
    }
    const { id, statements, told } = transaction;
    checks.propose(id, { statements, told });
    const isTaken = commit(node, id, transaction.propose(), () => {
      if (node.incarnation === incarnation && node.isReady()) transaction.forget();
      this.start();
    });
    if (!isTaken) this.#rollBack(turn);
  }
}

function lastSeen(told: readonly Told[]): number {
  const last = told.findLast((one) => /^rows \d+$/.test(one));
  return last === undefined ? UNSEEN : Number(last.slice('rows '.length));
}
