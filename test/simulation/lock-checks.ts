// Locks against the model (test/machine/support/model-locks.ts): who holds what after each entry of
// the log, sessions of gateways included; and what is done under a lock, in the order of the log.
import { decodeCommand } from '../../src/machine/command-codec.ts';
import { decodeOutcome, unpackOutcomes } from '../../src/machine/outcome-codec.ts';
import { RequestDecoder } from '../../src/machine/request-codec.ts';
import type {
  CloseCommand,
  ExecuteCommand,
  LockRequest,
  Outcome,
  RegisterCommand,
  Request,
} from '../../src/machine/command.ts';
import type { Lock, LockOwner } from '../../src/machine/locks.ts';
import type { ApplyResult } from '../../src/machine/machine.ts';
import { heldRowOf } from '../../src/machine/row-guard.ts';
import type { HeldRow } from '../../src/machine/row-guard.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { conflicts, EXCLUSIVE } from '../../src/sql/functions/lock-modes.ts';
import { ModelLocks } from '../machine/support/model-locks.ts';
import { fail } from './checks.ts';
import { GUARDED } from './lock-client.ts';
import { RowChecks } from './row-checks.ts';
import { writtenBy } from './row-statements.ts';
import type { SimulatedNode } from './simulated-node.ts';

const NOT_TRIED = -3n;
const RESULTS = { waiting: 0n, unavailable: -1n, deadlock: -2n };

interface Session {
  readonly nodeId: number;
  readonly incarnation: number;
  lastIndex: number;
}

export class LockChecks {
  readonly rows = new RowChecks();
  readonly #locks = new ModelLocks();
  readonly #sessions = new Map<number, Session>();
  readonly #executed = new Set<string>();
  readonly #decoder = new RequestDecoder();
  /** By resource, the highest token that something was done under: by who had it alone, and by any. */
  readonly #tokens = new Map<string, { readonly alone: number; readonly any: number }>();
  /** Entries up to here have been looked at. */
  #index = 0;
  /** Sessions that were closed because their gateways were silent. */
  closed = 0;

  /** A node has applied entries; the first one to do so tells what became of them. */
  applied(node: SimulatedNode, entries: readonly Entry[], { outcomes }: ApplyResult): void {
    for (const entry of entries) {
      if (entry.index <= this.#index) continue;
      this.#index = entry.index;
      this.#locks.index = entry.index;
      if (entry.kind !== 'command') continue;
      const command = decodeCommand(entry.data);
      if (command.kind === 'register') this.#register(entry.index, command);
      else if (command.kind === 'close') this.#closeSilent(command);
      else if (command.kind === 'execute') {
        const seen = outcomes.find(({ index }) => index === entry.index);
        if (seen?.kind !== 'executed') continue;
        this.#execute(entry.index, command, unpackOutcomes(seen.outcomes).map(decodeOutcome));
      }
      this.rows.held(entry.index, this.#locks.list());
    }
    if (node.machine.appliedIndex === this.#index) this.#compare(node);
  }

  #register(index: number, { nodeId, incarnation }: RegisterCommand): void {
    for (const [id, session] of this.#sessions) {
      if (session.nodeId !== nodeId) continue;
      if (session.incarnation >= incarnation) return;
      this.#close(id);
    }
    this.#sessions.set(index, { nodeId, incarnation, lastIndex: index });
  }

  #closeSilent({ sessionId, lastIndex }: CloseCommand): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined || session.lastIndex > lastIndex) return;
    this.closed += 1;
    this.#close(sessionId);
  }

  #close(sessionId: number): void {
    this.#sessions.delete(sessionId);
    this.#locks.removeWhere((lock) => lock.sessionId === sessionId);
  }

  #execute(index: number, command: ExecuteCommand, outcomes: readonly Outcome[]): void {
    const { sessionId, firstSequence, requests } = command;
    const session = this.#sessions.get(sessionId);
    const isExpired = outcomes.every(({ kind }) => kind === 'session-expired');
    if (isExpired !== (session === undefined)) {
      fail(`entry ${index} of session ${sessionId} ${isExpired ? 'expired' : 'was executed'}`);
    }
    const name = `${sessionId}/${firstSequence}`;
    if (session === undefined || this.#executed.has(name)) return;
    this.#executed.add(name);
    session.lastIndex = index;
    for (const [position, encoded] of requests.entries()) {
      const request = this.#decoder.decode(encoded);
      const outcome = outcomes[position] as Outcome;
      if (outcome.kind === 'fenced') continue;
      if (request.locks !== null) this.#actions(index, sessionId, request.locks, outcome);
      else this.#effects(index, sessionId, request, outcome);
    }
  }

  #actions(index: number, sessionId: number, { owner, actions }: LockRequest, told: Outcome): void {
    const of = { sessionId, owner };
    if (actions.length === 0) return;
    let isStopped = false;
    const expected = actions.map((action) => {
      if (isStopped) return NOT_TRIED;
      const result = this.#act(of, action);
      isStopped = action.kind === 'acquire' && action.policy !== 'skip' && result <= 0n;
      return result;
    });
    const results = told.kind === 'done' ? told.results[0]?.rows?.map(([result]) => result) : [];
    if (expected.join() === results?.join()) return;
    const kinds = actions.map(({ kind }) => kind).join();
    fail(`entry ${index}: ${kinds} gave ${results?.join() ?? told.kind}, not ${expected.join()}`);
  }

  #act(of: LockOwner, action: LockRequest['actions'][number]): bigint {
    switch (action.kind) {
      case 'release-owner':
        this.#locks.removeWhere((lock) => isOf(lock, of));
        return 1n;
      case 'release-transaction':
        this.#locks.removeWhere(
          (lock) => isOf(lock, of) && lock.transaction === action.transaction,
        );
        return 1n;
      case 'release':
        return this.#locks.release(of, action) ? 1n : 0n;
      case 'acquire': {
        // Who asks for something else waits for nothing any more.
        this.#locks.removeWhere((lock) => isOf(lock, of) && lock.token === 0);
        const kind = this.#locks.acquire(of, action, action.policy === 'wait');
        return kind === 'granted' ? BigInt(this.#tokenOf(of, action)) : RESULTS[kind];
      }
    }
  }

  #tokenOf(of: LockOwner, { resource, mode }: Pick<Lock, 'resource' | 'mode'>): number {
    const held = this.#locks
      .list()
      .find((lock) => isOf(lock, of) && lock.resource === resource && lock.mode === mode);
    return held?.token ?? 0;
  }

  /** What is done under a lock must be done by who holds it, with a token that no later one had. */
  #effects(index: number, sessionId: number, request: Request, outcome: Outcome): void {
    const locks = request.recording?.locks ?? null;
    if (outcome.kind === 'done') {
      for (const { sql, values } of request.statements.flat()) {
        if (sql === GUARDED) this.#guarded(index, sessionId, values as [string, bigint, bigint]);
        else {
          for (const row of writtenBy(sql, values)) this.#written(index, sessionId, request, row);
          this.rows.executed(index, sql, values);
        }
      }
    }
    const held = heldRowOf(outcome);
    if (held !== null) {
      const isHeld = this.#isHeldByOthers(sessionId, request, held);
      if (!isHeld) fail(`entry ${index} was refused for ${held.resource}, which nobody holds`);
      // The gateway waits for it, and proposes it again.
      return;
    }
    if (locks === null) return;
    const isHeld = (lock: { sessionId: number; owner: number; transaction: number }): boolean =>
      isOf(lock, { sessionId, owner: locks.owner }) && lock.transaction === locks.transaction;
    const holds = this.#locks.list().some((lock) => isHeld(lock) && lock.token > 0);
    if (holds !== (outcome.kind === 'done')) {
      fail(`entry ${index} ended as ${outcome.kind}; its locks are ${holds ? 'held' : 'lost'}`);
    }
    this.#locks.removeWhere(isHeld);
  }

  /** A row or a table is written by nobody while somebody else has it. */
  #written(index: number, sessionId: number, request: Request, row: HeldRow): void {
    if (!this.#isHeldByOthers(sessionId, request, row)) return;
    fail(`entry ${index} writes ${row.resource}, which another one holds`);
  }

  #isHeldByOthers(sessionId: number, { recording }: Request, { resource, mode }: HeldRow): boolean {
    const owner = recording?.locks?.owner ?? 0;
    return this.#locks
      .list()
      .some(
        (lock) =>
          lock.resource === resource &&
          lock.token > 0 &&
          conflicts(lock.mode, mode) &&
          !isOf(lock, { sessionId, owner }),
      );
  }

  #guarded(
    index: number,
    sessionId: number,
    [resource, owner, token]: [string, bigint, bigint],
  ): void {
    const of = { sessionId, owner: Number(owner) };
    const held = this.#locks
      .list()
      .find((lock) => lock.resource === resource && lock.token > 0 && isOf(lock, of));
    if (held?.token !== Number(token)) {
      fail(`entry ${index}: ${owner} does not hold ${resource} since ${token}`);
    }
    // Those that share a lock may take turns.
    const isAlone = held.mode === EXCLUSIVE;
    const highest = this.#tokens.get(resource) ?? { alone: 0, any: 0 };
    const least = isAlone ? highest.any : highest.alone;
    if (token < least) fail(`entry ${index}: token ${token} of ${resource} after ${least}`);
    this.#tokens.set(resource, {
      alone: isAlone ? held.token : highest.alone,
      any: Math.max(held.token, highest.any),
    });
  }

  #compare(node: SimulatedNode): void {
    const rows = node.database.rows(
      'SELECT resource, session_id, owner, mode, transaction_number, count, token FROM "balsa.lock"',
    );
    const actual = rows.map((row) => row.join(' ')).sort();
    const expected = this.#locks
      .list()
      .map(({ resource, sessionId, owner, mode, transaction, count, token }) =>
        [resource, sessionId, owner, mode, transaction, count, token].join(' '),
      )
      .sort();
    if (actual.join(';') === expected.join(';')) return;
    fail(
      `node ${node.id} at ${this.#index} has locks ${actual.join(';')}, not ${expected.join(';')}`,
    );
  }

  /** In the end nobody holds or waits for anything: what a process left behind goes after a while. */
  whatIsLeft(node: SimulatedNode): string | null {
    for (const table of ['lock', 'staged']) {
      const [row] = node.database.rows(`SELECT count(*) FROM "balsa.${table}"`);
      if (row?.[0] !== 0n) return `node ${node.id} has ${String(row?.[0])} rows left of ${table}`;
    }
    return null;
  }
}

function isOf(lock: LockOwner, { sessionId, owner }: LockOwner): boolean {
  return lock.sessionId === sessionId && lock.owner === owner;
}
