// A client of the simulator that locks rows in interactive transactions: takes jobs and does them,
// reads slots under a lock, of their rows or their table, and sets them; or locks nothing, raises slots,
// moves their groups, and writes notes about them. What a statement wants to lock goes through the log, and
// then it runs again, as src/server/open-transaction.ts and lock-client.ts do it, without promises.
import type { Answer } from '../../src/gateway/gateway.ts';
import type { PerformedAction, Request } from '../../src/machine/command.ts';
import type { Grant } from '../../src/machine/locks.ts';
import { heldRowOf } from '../../src/machine/row-guard.ts';
import type { HeldRow } from '../../src/machine/row-guard.ts';
import { readAction } from '../../src/sql/functions/lock-actions.ts';
import type { RowsAction } from '../../src/sql/functions/lock-actions.ts';
import {
  ACCESS_EXCLUSIVE,
  EXCLUSIVE,
  ROW_SHARE,
  SHARE,
} from '../../src/sql/functions/lock-modes.ts';
import type { RowClaim } from '../../src/sql/functions/row-locks.ts';
import type { Prng } from '../../src/util/prng.ts';
import { fail } from './checks.ts';
import { OpenTransaction } from './open-transaction.ts';
import type { RowChecks } from './row-checks.ts';
import { addJobStep, alone, GROUPS, isWrite, rowLanguage, SLOTS } from './row-statements.ts';
import type { RowStatement, RowWrite } from './row-statements.ts';
import { locksOf, NOTHING, outcomeOf } from './requests.ts';
import type { Ask } from './requests.ts';
import type { Schedule } from './schedule.ts';
import type { SimulatedNode } from './simulated-node.ts';

const PAUSE_MS = 50;
const THINK_MS = 20;
const WAIT_MS = 300;
const IDLE_SHARE = 0.1;
const IDLE_MS = 900;
const ROLLBACK_SHARE = 0.15;
const ADD_SHARE = 0.4;
/** Of the transactions that lock nothing: how many are a statement by itself. */
const SINGLE_SHARE = 0.5;
const RAISE_SHARE = 0.3;
/** Of what they do, and the rest is about keys. */
const PLAIN_SHARE = 0.6;
const TABLE_SHARE = 0.15;
const HASTE_SHARE = 0.5;
const JOBS_SHARE = 0.5;
const JOBS_MAX = 60;
/** Of one statement: rows that it is to lock may be others each time. */
const ACTIONS_MAX = 100;

export interface RowClientOptions {
  readonly prng: Prng;
  readonly nodes: readonly SimulatedNode[];
  readonly schedule: Schedule;
  readonly checks: RowChecks;
  readonly newOwner: () => number;
  readonly newId: () => number;
  readonly newJob: () => number;
  /** A transaction of that number will be proposed. */
  readonly begun: (id: number) => void;
  readonly isPeace: () => boolean;
  readonly ask: Ask;
  readonly count: (what: string) => void;
}

/** A transaction, until nothing is held or waited for any more. */
interface Turn {
  readonly node: SimulatedNode;
  readonly incarnation: number;
  readonly owner: number;
  /** Of the gateway, under which it locks. */
  readonly sessionId: number;
  readonly transaction: OpenTransaction<RowStatement>;
  /** Still to be run. */
  todo: RowStatement[];
  /** Of the statement that runs. */
  actions: PerformedAction[];
  begin: number;
  readonly held: Set<string>;
  waitsFor: (() => void) | null;
  /** What was granted after a wait: that may be known before it is known that one waits. */
  readonly grants: Set<string>;
  isAsking: boolean;
  isEnding: boolean;
}

export class RowClient {
  readonly #options: RowClientOptions;
  #turn: Turn | null = null;

  constructor(options: RowClientOptions) {
    this.#options = options;
  }

  /** The next transaction, in a while; in peace until all jobs are done. */
  start(): void {
    const { schedule, prng, nodes, isPeace } = this.#options;
    this.#turn = null;
    schedule.after(PAUSE_MS * 2 * prng.float(), () => {
      if (this.#isOver) return this.start();
      const node = prng.pick(nodes);
      const isAwake = node.isReady() && node.pausedUntil <= schedule.now;
      if (!isAwake || node.gateway.sessionId === null) this.start();
      else if (this.#mayAdd && prng.chance(ADD_SHARE)) this.#addJob(node);
      else if (isPeace() || !prng.chance(RAISE_SHARE)) this.#begin(node, [this.#draw()]);
      else this.#raise(node);
    });
  }

  get #isOver(): boolean {
    return this.#options.isPeace() && this.#options.checks.openJobs === 0;
  }

  get #mayAdd(): boolean {
    return !this.#options.isPeace() && this.#options.checks.jobs < JOBS_MAX;
  }

  /** The gateway's session is to be kept alive. */
  holdsOn(node: SimulatedNode): boolean {
    return this.#turn?.node === node && this.#turn.incarnation === node.incarnation;
  }

  #addJob(node: SimulatedNode): void {
    const { ask, newJob } = this.#options;
    const statements = [[addJobStep(newJob())]];
    ask(node, { ...NOTHING, schemaVersion: 1, statements }, false, () => undefined);
    this.start();
  }

  /** Without locks: as a statement by itself, which becomes a transaction if it has to wait. */
  #raise(node: SimulatedNode): void {
    const { prng, ask, count } = this.#options;
    const slots = [...SLOTS].sort(() => prng.float() - 0.5).slice(0, prng.between(1, 2));
    const todo = slots.map((slot) => this.#drawWrite(slot));
    const [first] = todo as [RowWrite];
    if (!prng.chance(SINGLE_SHARE)) return this.#begin(node, todo);
    const { incarnation } = node;
    const request = { ...NOTHING, schemaVersion: 1, ...alone(first) };
    const isAsked = ask(node, request, false, (answer) => {
      const outcome = answer === null ? null : outcomeOf(answer);
      if (outcome?.kind === 'done') count(`rows-${first.kind}`);
      const isHeld = outcome !== null && heldRowOf(outcome) !== null;
      if (isHeld) count('writes-held');
      node.whenAwake(
        incarnation,
        () => (isHeld ? this.#begin(node, todo.slice(0, 1)) : this.start()),
        () => this.start(),
      );
    });
    if (!isAsked) this.start();
  }

  #drawWrite(slot: number): RowWrite {
    const { prng } = this.#options;
    if (prng.chance(PLAIN_SHARE)) return { kind: 'raise', slot };
    if (prng.chance(0.5)) return { kind: 'note', slot };
    return { kind: 'move', group: prng.pick(GROUPS) };
  }

  #begin(node: SimulatedNode, todo: readonly RowStatement[]): void {
    const { newOwner, newId, count } = this.#options;
    const { sessionId } = node.gateway;
    if (sessionId === null) return this.start();
    const owner = newOwner();
    const language = rowLanguage({ sessionId, owner });
    const turn: Turn = {
      node,
      incarnation: node.incarnation,
      owner,
      sessionId,
      transaction: new OpenTransaction(newId(), node, language),
      todo: [...todo],
      actions: [],
      begin: node.machine.appliedIndex,
      held: new Set(),
      waitsFor: null,
      grants: new Set(),
      isAsking: false,
      isEnding: false,
    };
    this.#turn = turn;
    turn.transaction.sessionId = sessionId;
    this.#options.begun(turn.transaction.id);
    count('row-transactions');
    this.#goOn(turn);
  }

  #draw(): RowStatement {
    const { prng, isPeace } = this.#options;
    if (isPeace() || prng.chance(JOBS_SHARE)) {
      // Who skips nothing is refused where jobs are added before those that he was given.
      return { kind: 'take', limit: prng.between(1, 2), mode: ACCESS_EXCLUSIVE, policy: 'skip' };
    }
    if (prng.chance(TABLE_SHARE))
      return { kind: 'lock-table', mode: prng.pick([SHARE, EXCLUSIVE]) };
    const first = prng.integer(SLOTS.length);
    const order = prng.chance(0.5) ? SLOTS : [...SLOTS].reverse();
    const slots = [...order.slice(first), ...order.slice(0, first)].slice(0, prng.between(1, 2));
    const mode = prng.pick([ACCESS_EXCLUSIVE, EXCLUSIVE, ROW_SHARE]);
    const policy = prng.pick(['wait', 'wait', 'nowait', 'skip'] as const);
    return { kind: 'lock', slots, mode, policy };
  }

  // Statements ------------------------------------------------------------------------------------

  #goOn(turn: Turn): void {
    if (turn.isEnding) return;
    const [statement] = turn.todo;
    if (statement === undefined) return this.#end(turn);
    turn.begin = turn.node.machine.appliedIndex;
    turn.actions = [];
    this.#run(turn, statement);
  }

  #run(turn: Turn, statement: RowStatement): void {
    const { transaction, actions, owner, node, sessionId } = turn;
    // Closed by an entry that was applied together with the one that granted what was waited for.
    if (node.gateway.sessionId !== sessionId) return this.#lost(turn);
    const ran = transaction.run(statement, false, actions);
    if (ran.kind === 'no-room') {
      this.#options.count('statements-without-room');
      this.#release(turn);
    } else if (ran.kind === 'conflict') {
      fail(`${owner} was refused at statement ${ran.statement}: nobody else may touch its rows`);
    } else if (ran.kind === 'held') {
      this.#options.count('tables-held');
      this.#acquire(turn, 'wait', [claimOf(ran.held)], new Set(), () => this.#run(turn, statement));
    } else if (ran.kind === 'wanted') {
      const action = readAction(ran.action);
      if (action.kind === 'lock') {
        this.#acquire(turn, 'wait', [claimOf(action)], new Set(), () => {
          actions.push({ action: ran.action, result: 1n });
          this.#run(turn, statement);
        });
        return;
      }
      if (action.kind !== 'rows') fail(`a statement wants ${ran.action}`);
      if (actions.length === ACTIONS_MAX) fail(`${owner} locks rows without end`);
      this.#perform(turn, action, (result) => {
        actions.push({ action: ran.action, result });
        this.#run(turn, statement);
      });
    } else if (ran.kind === 'told') {
      turn.todo.shift();
      this.#told(turn, statement, ran.told);
      // At once, so that nothing is applied in between.
      const isHasty = turn.todo.length === 0 && this.#options.prng.chance(HASTE_SHARE);
      if (isHasty) this.#end(turn);
      else this.#think(turn);
    } else fail(`a statement is ${ran.kind}`);
  }

  #told(turn: Turn, statement: RowStatement, told: string): void {
    const { checks, count, prng } = this.#options;
    if (isWrite(statement)) {
      if (told !== 'count 1') fail(`${statement.kind} tells ${told}`);
      return;
    }
    if (statement.kind === 'lock-table') {
      count('tables-locked');
      turn.todo = [{ kind: 'see' }];
      return;
    }
    const rows = rowsOf(told);
    const { transaction, begin } = turn;
    if (statement.kind === 'see') {
      checks.saw(turn, rows, transaction.snapshot);
      turn.todo = rows.map(([slot, n]) => ({ kind: 'set', slot, n: n + 1 }));
      return;
    }
    const { skipped } = checks.told(turn, statement, rows, begin, transaction.snapshot);
    count('rows-locked');
    if (skipped > 0) count('rows-skipped');
    if (prng.chance(ROLLBACK_SHARE)) return;
    if (statement.kind === 'take') {
      turn.todo = rows.map(([job]) => ({ kind: 'finish', job }));
    } else if (statement.mode !== ROW_SHARE) {
      turn.todo = rows.map(([slot, n]) => ({ kind: 'set', slot, n: n + 1 }));
    } else if (prng.chance(0.3)) {
      // Others may share the rows, and want the same.
      turn.todo = [{ ...statement, mode: ACCESS_EXCLUSIVE, policy: 'wait' }];
    }
  }

  #think(turn: Turn): void {
    const { schedule, prng } = this.#options;
    const ms = prng.chance(IDLE_SHARE) ? IDLE_MS : THINK_MS * 2;
    schedule.after(ms * prng.float(), () => this.#whenAwake(turn, () => this.#goOn(turn)));
  }

  // Locks -----------------------------------------------------------------------------------------

  #perform(
    turn: Turn,
    { policy, acquired, released }: RowsAction,
    onEnd: (refused: string) => void,
  ): void {
    const wanted = acquired.filter((claim) => !turn.held.has(nameOf(claim)));
    const refused = new Set<RowClaim>();
    const acquire = (): void =>
      this.#acquire(turn, policy, wanted, refused, () => {
        onEnd(acquired.flatMap((claim, at) => (refused.has(claim) ? [at] : [])).join(','));
      });
    if (released.length === 0) return acquire();
    this.#options.count('rows-given-back');
    const { id } = turn.transaction;
    const actions = released.map(({ resource, mode }) => {
      return { kind: 'release', resource, mode, transaction: id } as const;
    });
    this.#send(turn, locksOf(turn, ...actions), false, () => {
      for (const claim of released) turn.held.delete(nameOf(claim));
      acquire();
    });
  }

  #acquire(
    turn: Turn,
    policy: RowClaim['policy'],
    wanted: readonly RowClaim[],
    refused: Set<RowClaim>,
    onEnd: () => void,
  ): void {
    if (wanted.length === 0) return onEnd();
    const { id } = turn.transaction;
    const actions = wanted.map(({ resource, mode }) => {
      return { kind: 'acquire', resource, mode, transaction: id, policy } as const;
    });
    this.#send(turn, locksOf(turn, ...actions), false, (answer) => {
      const results = resultsOf(answer);
      const isOurs = answer.kind === 'outcome' && answer.sessionId === turn.sessionId;
      // Taken under another session, or one that is closed by now: nothing of it is held.
      if (results === null || !isOurs || turn.node.gateway.sessionId !== turn.sessionId) {
        return this.#lost(turn);
      }
      this.#took(turn, policy, wanted, results, refused, onEnd);
    });
  }

  /** What became of the first of `wanted`, one after the other. */
  #took(
    turn: Turn,
    policy: RowClaim['policy'],
    [claim, ...others]: readonly RowClaim[],
    [result = -3n, ...rest]: readonly bigint[],
    refused: Set<RowClaim>,
    onEnd: () => void,
  ): void {
    const { count } = this.#options;
    if (claim === undefined) return onEnd();
    const goOn = (): void => this.#took(turn, policy, others, rest, refused, onEnd);
    const take = (): void => {
      turn.held.add(nameOf(claim));
      turn.transaction.locks = { owner: turn.owner, transaction: turn.transaction.id };
      goOn();
    };
    if (result === -3n) return this.#acquire(turn, policy, [claim, ...others], refused, onEnd);
    if (result === -2n) {
      count('row-deadlocks');
      return this.#release(turn);
    }
    if (result === -1n && policy === 'nowait') {
      count('rows-not-available');
      return this.#release(turn);
    }
    if (result === -1n) {
      count('rows-refused');
      refused.add(claim);
      return goOn();
    }
    if (result > 0n || turn.grants.has(nameOf(claim))) return take();
    count('row-waits');
    turn.waitsFor = () => {
      if (!turn.grants.has(nameOf(claim))) return;
      turn.waitsFor = null;
      take();
    };
    this.#options.schedule.after(WAIT_MS * (0.5 + this.#options.prng.float()), () => {
      if (this.#turn !== turn || turn.held.has(nameOf(claim))) return;
      this.#whenAwake(turn, () => this.#release(turn));
    });
  }

  /** Locks that clients of the node waited for. */
  granted(node: SimulatedNode, grants: readonly Grant[]): void {
    const turn = this.#turn;
    if (turn === null || !this.holdsOn(node)) return;
    for (const grant of grants) {
      if (grant.owner !== turn.owner || grant.sessionId !== turn.sessionId) continue;
      this.#options.count('rows-granted');
      turn.grants.add(nameOf(grant));
      turn.waitsFor?.();
    }
  }

  /** The gateway has another session, or none. */
  sessionChanged(node: SimulatedNode): void {
    if (this.#turn !== null && this.holdsOn(node)) this.#lost(this.#turn);
  }

  // Ends ------------------------------------------------------------------------------------------

  #end(turn: Turn): void {
    const { transaction } = turn;
    if (!transaction.statements.some(isWrite)) return this.#release(turn);
    const [request] = transaction.requests(1) as readonly [Request];
    transaction.propose(request);
    this.#send(turn, request, true, (answer) => {
      const outcome = outcomeOf(answer);
      const held = outcome === null ? null : heldRowOf(outcome);
      if (held !== null) return this.#waitFor(turn, held);
      if (outcome?.kind !== 'done') return this.#release(turn);
      this.#options.count('row-commits');
      this.start();
    });
  }

  /** Of a row that others have locked since it was written here: they come first. */
  #waitFor(turn: Turn, held: HeldRow): void {
    this.#options.count('commits-held');
    const claim = claimOf(held);
    this.#whenAwake(turn, () => {
      if (turn.isEnding) return;
      this.#acquire(turn, 'wait', [claim], new Set(), () => this.#end(turn));
    });
  }

  #lost(turn: Turn): void {
    if (turn.held.size > 0 && !turn.isEnding) this.#options.count('row-locks-lost');
    turn.held.clear();
    this.#release(turn);
  }

  /** Whatever it holds or waits for; also where it is not known if it does. */
  #release(turn: Turn): void {
    if (this.#turn !== turn) return;
    if (!turn.isEnding) turn.transaction.forget();
    turn.isEnding = true;
    turn.waitsFor = null;
    if (turn.isAsking) return;
    const { id } = turn.transaction;
    const isAll = this.#options.prng.chance(0.5);
    const action = isAll
      ? ({ kind: 'release-owner' } as const)
      : ({ kind: 'release-transaction', transaction: id } as const);
    this.#send(turn, locksOf(turn, action), false, () => undefined);
  }

  #send(turn: Turn, request: Request, isBound: boolean, onEnd: (answer: Answer) => void): void {
    turn.isAsking = true;
    const isRelease = turn.isEnding;
    const isAsked = this.#options.ask(turn.node, request, isBound, (answer) => {
      if (this.#turn !== turn) return;
      turn.isAsking = false;
      if (answer === null) this.start();
      else if (!turn.isEnding) onEnd(answer);
      else if (isRelease && resultsOf(answer) !== null) this.start();
      else this.#whenAwake(turn, () => this.#release(turn));
    });
    if (!isAsked) throw new Error('a gateway takes no more');
  }

  #whenAwake(turn: Turn, act: () => void): void {
    if (this.#turn !== turn) return;
    const ifSame = (then: () => void) => () => {
      if (this.#turn === turn) then();
    };
    turn.node.whenAwake(
      turn.incarnation,
      ifSame(act),
      ifSame(() => this.start()),
    );
  }
}

function claimOf({ resource, mode }: HeldRow): RowClaim {
  return { resource, mode, policy: 'wait', name: '' };
}

function nameOf({ resource, mode }: Pick<RowClaim, 'resource' | 'mode'>): string {
  return `${resource} ${mode}`;
}

/** Of a request about locks; null: it was not executed. */
function resultsOf(answer: Answer): readonly bigint[] | null {
  const outcome = outcomeOf(answer);
  if (outcome?.kind !== 'done') return null;
  return (outcome.results[0]?.rows ?? []).map(([result]) => result as bigint);
}

function rowsOf(told: string): readonly (readonly [number, number])[] {
  const rows = told.slice('rows '.length);
  if (rows === '') return [];
  return rows.split(',').map((row) => row.split('|').map(Number) as [number, number]);
}
