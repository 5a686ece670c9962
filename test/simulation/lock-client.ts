// A client of the simulator that works under locks: takes one or two of a few, does something that
// only their holder may do, and releases them, as src/server/lock-client.ts does it, without promises.
import type { Request } from '../../src/machine/command.ts';
import type { Answer } from '../../src/gateway/gateway.ts';
import type { Grant } from '../../src/machine/locks.ts';
import { digestOf } from '../../src/machine/told.ts';
import { EXCLUSIVE, SHARE } from '../../src/sql/functions/lock-modes.ts';
import type { Prng } from '../../src/util/prng.ts';
import { locksOf, NOTHING, outcomeOf } from './requests.ts';
import type { Ask } from './requests.ts';
import type { Schedule } from './schedule.ts';
import type { SimulatedNode } from './simulated-node.ts';

const RESOURCES = ['a 0 1 1', 'a 0 2 1'];
const PAUSE_MS = 60;
const THINK_MS = 20;
const WAIT_MS = 300;
/** Now and then somebody keeps a lock and says nothing: only keepalives tell that he lives. */
const IDLE_SHARE = 0.15;
const IDLE_MS = 900;
const SHARED_SHARE = 0.25;
const BOTH_SHARE = 0.3;
const TRANSACTION_SHARE = 0.4;
const WORK_MAX = 3;

/** What only a holder may write: each row tells under which lock. */
export const GUARDED_SCHEMA = `
  CREATE TABLE guarded (resource TEXT NOT NULL, owner INTEGER NOT NULL, token INTEGER NOT NULL) STRICT;`;
export const GUARDED = 'INSERT INTO guarded VALUES (?, ?, ?)';

export interface LockClientOptions {
  readonly prng: Prng;
  readonly nodes: readonly SimulatedNode[];
  readonly schedule: Schedule;
  readonly newOwner: () => number;
  readonly isPeace: () => boolean;
  readonly ask: Ask;
  readonly count: (what: string) => void;
}

/** From the first request for locks until none is held or waited for any more. */
interface Turn {
  readonly node: SimulatedNode;
  readonly incarnation: number;
  readonly owner: number;
  readonly transaction: number;
  readonly mode: number;
  readonly policy: 'wait' | 'nowait' | 'skip';
  /** Still to be taken. */
  wanted: readonly string[];
  /** Tokens by resource. */
  readonly held: Map<string, number>;
  /** Of the gateway, under which they are held. */
  sessionId: number;
  /** What it waits for. */
  waitsFor: string | null;
  /** Tokens of grants, by session and resource: they may come before it is known that one waits. */
  readonly grants: Map<string, number>;
  workLeft: number;
  /** A request has no answer yet: one goes after the other. */
  isAsking: boolean;
  isEnding: boolean;
}

export class LockClient {
  readonly #options: LockClientOptions;
  #turn: Turn | null = null;

  constructor(options: LockClientOptions) {
    this.#options = options;
  }

  /** The next turn, in a while; none any more in peace. */
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
    const { prng, newOwner } = this.#options;
    const owner = newOwner();
    const first = prng.integer(RESOURCES.length);
    const wanted = [...RESOURCES.slice(first), ...RESOURCES.slice(0, first)];
    const turn: Turn = {
      node,
      incarnation: node.incarnation,
      owner,
      transaction: prng.chance(TRANSACTION_SHARE) ? owner : 0,
      mode: prng.chance(SHARED_SHARE) ? SHARE : EXCLUSIVE,
      policy: prng.pick(['wait', 'wait', 'wait', 'nowait', 'skip']),
      wanted: prng.chance(BOTH_SHARE) ? wanted : wanted.slice(0, 1),
      held: new Map(),
      sessionId: 0,
      waitsFor: null,
      grants: new Map(),
      workLeft: prng.between(1, WORK_MAX),
      isAsking: false,
      isEnding: false,
    };
    this.#turn = turn;
    this.#acquire(turn);
  }

  /** The gateway's session is to be kept alive. */
  holdsOn(node: SimulatedNode): boolean {
    return this.#turn?.node === node && this.#turn.incarnation === node.incarnation;
  }

  // Taking ----------------------------------------------------------------------------------------

  /** One lock after the other: who takes both may meet somebody who takes them the other way. */
  #acquire(turn: Turn): void {
    const [resource] = turn.wanted;
    if (resource === undefined) {
      this.#options.count('locks-taken');
      this.#think(turn);
      return;
    }
    const { mode, transaction, policy } = turn;
    const action = { kind: 'acquire', resource, mode, transaction, policy } as const;
    this.#send(turn, locksOf(turn, action), false, (answer) => {
      const sessionId = answer.kind === 'outcome' ? answer.sessionId : 0;
      this.#acquired(turn, resultOf(answer), sessionId);
    });
  }

  #acquired(turn: Turn, result: bigint | null, sessionId: number): void {
    // Given up, or taken under a session that is closed by now.
    if (result === null || sessionId !== turn.node.gateway.sessionId) this.#release(turn);
    else if (turn.held.size > 0 && turn.sessionId !== sessionId) this.#lost(turn);
    else if (result < 0n) {
      this.#options.count(result === -2n ? 'lock-deadlocks' : 'locks-refused');
      this.#release(turn);
    } else {
      turn.sessionId = sessionId;
      const token = Number(result) || turn.grants.get(`${sessionId} ${turn.wanted[0]}`);
      if (token === undefined) this.#wait(turn);
      else this.#took(turn, token);
    }
  }

  #wait(turn: Turn): void {
    const [resource] = turn.wanted;
    turn.waitsFor = resource ?? null;
    this.#options.count('lock-waits');
    this.#options.schedule.after(WAIT_MS * (0.5 + this.#options.prng.float()), () => {
      if (this.#turn !== turn || turn.waitsFor === null) return;
      turn.waitsFor = null;
      this.#whenAwake(turn, () => this.#release(turn));
    });
  }

  #took(turn: Turn, token: number): void {
    const [resource, ...rest] = turn.wanted;
    turn.held.set(resource as string, token);
    turn.wanted = rest;
    this.#acquire(turn);
  }

  /** Locks that clients of the node waited for. */
  granted(node: SimulatedNode, grants: readonly Grant[]): void {
    const turn = this.#turn;
    if (turn === null || !this.holdsOn(node)) return;
    for (const { owner, resource, token, sessionId } of grants) {
      if (owner !== turn.owner) continue;
      this.#options.count('locks-granted');
      turn.grants.set(`${sessionId} ${resource}`, token);
      if (resource !== turn.waitsFor || sessionId !== turn.sessionId) continue;
      turn.waitsFor = null;
      this.#took(turn, token);
    }
  }

  /** The gateway has another session, or none: what was held is lost. */
  sessionChanged(node: SimulatedNode): void {
    const turn = this.#turn;
    if (turn === null || !this.holdsOn(node)) return;
    if (turn.held.size > 0) this.#lost(turn);
    else if (turn.waitsFor !== null) {
      turn.waitsFor = null;
      this.#acquire(turn);
    }
  }

  // Holding ---------------------------------------------------------------------------------------

  #think(turn: Turn): void {
    const { schedule, prng } = this.#options;
    const ms = prng.chance(IDLE_SHARE) ? IDLE_MS : THINK_MS * 2;
    schedule.after(ms * prng.float(), () => {
      this.#whenAwake(turn, () => (turn.workLeft > 0 ? this.#work(turn) : this.#release(turn)));
    });
  }

  #work(turn: Turn): void {
    const isLast = turn.transaction !== 0;
    turn.workLeft = isLast ? 0 : turn.workLeft - 1;
    this.#send(turn, guardedBy(turn), true, (answer) => {
      const outcome = outcomeOf(answer);
      if (outcome?.kind === 'done') this.#options.count('guarded');
      // Refused, or not known: nothing more under this lock.
      if (outcome?.kind !== 'done') this.#release(turn);
      else if (isLast) this.start();
      else this.#think(turn);
    });
  }

  // Ends ------------------------------------------------------------------------------------------

  #lost(turn: Turn): void {
    this.#options.count('locks-lost');
    turn.held.clear();
    this.#release(turn);
  }

  /** Whatever it holds or waits for; also where it is not known if it does. */
  #release(turn: Turn): void {
    if (this.#turn !== turn) return;
    turn.isEnding = true;
    turn.waitsFor = null;
    if (turn.isAsking) return;
    this.#send(turn, locksOf(turn, { kind: 'release-owner' }), false, () => undefined);
  }

  #send(turn: Turn, request: Request, isBound: boolean, onEnd: (answer: Answer) => void): void {
    turn.isAsking = true;
    const isRelease = turn.isEnding;
    const isAsked = this.#options.ask(turn.node, request, isBound, (answer) => {
      if (this.#turn !== turn) return;
      turn.isAsking = false;
      if (answer === null) this.start();
      else if (!turn.isEnding) onEnd(answer);
      else if (isRelease && resultOf(answer) !== null) this.start();
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

/** A row for each lock; a transaction ends with it, and its locks do. */
function guardedBy({ held, owner, transaction }: Turn): Request {
  const statements = [...held].map(([resource, token]) => [
    {
      sql: GUARDED,
      values: [resource, BigInt(owner), BigInt(token)],
      hasRows: false,
      isResult: true,
      rowsAtFault: null,
    },
  ]);
  const recorded = statements.map(() => ({
    isRead: false,
    reads: [],
    changesSchema: false,
    settings: [],
    seed: 0,
    actions: [],
    digest: digestOf({ rows: null, count: 1 }),
  }));
  const locks = { owner, transaction };
  const recording =
    transaction === 0
      ? null
      : { snapshot: 0, statements: recorded, sequences: [], locks, staged: null };
  return { ...NOTHING, schemaVersion: 1, statements, recording };
}

/** Of a request about locks; null: it was not executed. */
function resultOf(answer: Answer): bigint | null {
  const outcome = outcomeOf(answer);
  const result = outcome?.kind === 'done' ? outcome.results[0]?.rows?.[0]?.[0] : undefined;
  return typeof result === 'bigint' ? result : null;
}
