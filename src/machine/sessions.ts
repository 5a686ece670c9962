// What the machine remembers of gateways, so that a request takes effect at most once (thesis 6.3,
// raft 3). The tables are the truth; the maps in memory mirror them, so that the usual request,
// which was never seen before, needs no lookup.
import type { Index, NodeId } from '../raft/entry.ts';
import type { Database } from './database.ts';
import type { MachineMutations } from './mutations.ts';

/**
 * Acknowledgements are taken note of in steps, which spares most entries two writes. The same on
 * all nodes: what counts is the number in the table, never one in memory.
 */
const ACKNOWLEDGED_STEP = 64;

interface SessionState {
  readonly nodeId: NodeId;
  readonly incarnation: number;
  /** The newest entry of the session: its registration, or one whose requests were executed. */
  lastIndex: Index;
  ackLow: number;
  /** Only for the mutation closedSessionExecutes: a closed session is forgotten otherwise. */
  isClosed: boolean;
  /** Executed entries that are not acknowledged: last sequence number by the first. */
  readonly results: Map<number, number>;
  /** Invariant: none of them was executed, none will be. */
  readonly fences: Set<number>;
  /** Only for the mutation dedupByHighestNumber. */
  highest: number;
}

export interface GatewaySession {
  readonly sessionId: number;
  readonly nodeId: NodeId;
  readonly incarnation: number;
}

export class SessionTable {
  readonly #database: Database;
  readonly #mutations: MachineMutations;
  readonly #onClose: (session: GatewaySession) => void;
  readonly #sessions = new Map<number, SessionState>();

  /** `onClose`: something of a session that ends with it. */
  constructor(
    database: Database,
    mutations: MachineMutations,
    onClose: (session: GatewaySession) => void = () => undefined,
  ) {
    this.#database = database;
    this.#onClose = onClose;
    this.#mutations = mutations;
    for (const [id, nodeId, incarnation, ackLow, isClosed] of database.rows(
      'SELECT session_id, node_id, incarnation, ack_low, is_closed FROM "balsa.session"',
    )) {
      this.#sessions.set(Number(id), {
        nodeId: Number(nodeId),
        incarnation: Number(incarnation),
        lastIndex: Number(id),
        ackLow: Number(ackLow),
        isClosed: isClosed === 1n,
        results: new Map(),
        fences: new Set(),
        highest: 0,
      });
    }
    for (const [id, first, last, index] of database.rows(
      'SELECT session_id, first_sequence, last_sequence, log_index FROM "balsa.result"',
    )) {
      const session = this.#sessions.get(Number(id));
      if (session === undefined) continue;
      session.results.set(Number(first), Number(last));
      session.highest = Math.max(session.highest, Number(last));
      // The newest is always among those that are kept: nothing later has acknowledged it.
      session.lastIndex = Math.max(session.lastIndex, Number(index));
    }
    for (const [id, sequence] of database.rows('SELECT session_id, sequence FROM "balsa.fence"')) {
      this.#sessions.get(Number(id))?.fences.add(Number(sequence));
    }
  }

  /**
   * Opens a session and closes the older ones of the same node: they can never execute again.
   * Returns its id: `sessionId`, or the session that an earlier copy of the command opened; null
   * if a later process of the node has registered already.
   */
  register(sessionId: Index, nodeId: NodeId, incarnation: number): number | null {
    for (const [id, session] of this.#sessions) {
      if (session.nodeId !== nodeId || session.isClosed) continue;
      if (session.incarnation === incarnation) return id;
      if (session.incarnation > incarnation) return null;
    }
    for (const [id, session] of this.#sessions) {
      if (session.nodeId === nodeId) this.close(id);
    }
    this.#sessions.set(sessionId, {
      nodeId,
      incarnation,
      lastIndex: sessionId,
      ackLow: 1,
      isClosed: false,
      results: new Map(),
      fences: new Set(),
      highest: 0,
    });
    this.#database.run('INSERT INTO "balsa.session" VALUES (?, ?, ?, 1, 0)', [
      BigInt(sessionId),
      BigInt(nodeId),
      BigInt(incarnation),
    ]);
    return sessionId;
  }

  /** An unknown session is treated like a closed one, so its rows are not needed any more. */
  close(sessionId: number): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    const { nodeId, incarnation } = session;
    this.#onClose({ sessionId, nodeId, incarnation });
    const id = [BigInt(sessionId)];
    this.#database.run('DELETE FROM "balsa.result" WHERE session_id = ?', id);
    this.#database.run('DELETE FROM "balsa.fence" WHERE session_id = ?', id);
    session.results.clear();
    session.fences.clear();
    if (this.#mutations.closedSessionExecutes === true) {
      session.isClosed = true;
      this.#database.run('UPDATE "balsa.session" SET is_closed = 1 WHERE session_id = ?', id);
    } else {
      this.#sessions.delete(sessionId);
      this.#database.run('DELETE FROM "balsa.session" WHERE session_id = ?', id);
    }
  }

  /** The newest entry of a session that is open; 0: it is closed. */
  lastIndexOf(sessionId: number): Index {
    const session = this.#sessions.get(sessionId);
    return session === undefined || session.isClosed ? 0 : session.lastIndex;
  }

  *open(): Iterable<GatewaySession> {
    for (const [sessionId, { nodeId, incarnation, isClosed }] of this.#sessions) {
      if (!isClosed) yield { sessionId, nodeId, incarnation };
    }
  }

  isOpen(sessionId: number): boolean {
    const session = this.#sessions.get(sessionId);
    if (this.#mutations.closedSessionExecutes === true) return session !== undefined;
    return session !== undefined && !session.isClosed;
  }

  /** The gateway has the outcomes of all lower numbers. */
  acknowledge(sessionId: number, ackLow: number): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined || ackLow < session.ackLow + ACKNOWLEDGED_STEP) return;
    session.ackLow = ackLow;
    const id = BigInt(sessionId);
    this.#database.run('UPDATE "balsa.session" SET ack_low = ? WHERE session_id = ?', [
      BigInt(ackLow),
      id,
    ]);
    for (const [first, last] of session.results) {
      if (last >= ackLow) continue;
      session.results.delete(first);
      this.#database.run('DELETE FROM "balsa.result" WHERE session_id = ? AND first_sequence = ?', [
        id,
        BigInt(first),
      ]);
    }
    for (const sequence of session.fences) {
      if (sequence >= ackLow) continue;
      session.fences.delete(sequence);
      this.#database.run('DELETE FROM "balsa.fence" WHERE session_id = ? AND sequence = ?', [
        id,
        BigInt(sequence),
      ]);
    }
  }

  /** True if the gateway has the outcomes of all numbers up to `sequence`: a late copy. */
  isAcknowledged(sessionId: number, sequence: number): boolean {
    if (this.#mutations.dedupForgotten === true) return false;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return false;
    if (this.#mutations.dedupByHighestNumber === true && sequence <= session.highest) {
      return this.executionOf(sessionId, sequence) === null;
    }
    return sequence < session.ackLow;
  }

  /** The node whose gateway has the session; 0: the session is closed. */
  nodeOf(sessionId: number): NodeId {
    return this.#sessions.get(sessionId)?.nodeId ?? 0;
  }

  /** The kept outcomes of an entry that was executed before, or null. */
  executedBefore(sessionId: number, firstSequence: number): Uint8Array | null {
    if (this.#mutations.dedupForgotten === true) return null;
    const session = this.#sessions.get(sessionId);
    if (session?.results.has(firstSequence) !== true) return null;
    return this.#outcomes(sessionId, firstSequence);
  }

  #outcomes(sessionId: number, firstSequence: number): Uint8Array | null {
    const [row] = this.#database.rows(
      'SELECT outcomes FROM "balsa.result" WHERE session_id = ? AND first_sequence = ?',
      [BigInt(sessionId), BigInt(firstSequence)],
    );
    return (row?.[0] as Uint8Array | undefined) ?? null;
  }

  /** False: the gateway was promised that the request is never executed. */
  mayExecute(sessionId: number, sequence: number): boolean {
    if (this.#mutations.fenceIgnored === true) return true;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return this.#mutations.closedSessionExecutes === true;
    if (this.#mutations.dedupForgotten === true) return !session.fences.has(sequence);
    return sequence >= session.ackLow && !session.fences.has(sequence);
  }

  keep(
    sessionId: number,
    firstSequence: number,
    lastSequence: number,
    index: Index,
    outcomes: Uint8Array,
  ): void {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) {
      session.highest = Math.max(session.highest, lastSequence);
      session.lastIndex = index;
    }
    session?.results.set(firstSequence, lastSequence);
    this.#database.run('INSERT OR REPLACE INTO "balsa.result" VALUES (?, ?, ?, ?, ?)', [
      BigInt(sessionId),
      BigInt(firstSequence),
      BigInt(lastSequence),
      BigInt(index),
      outcomes,
    ]);
  }

  /** The entry that executed a request, as its first number and kept outcomes, or null. */
  executionOf(
    sessionId: number,
    sequence: number,
  ): { readonly firstSequence: number; readonly outcomes: Uint8Array } | null {
    for (const [first, last] of this.#sessions.get(sessionId)?.results ?? []) {
      if (first > sequence || last < sequence) continue;
      const outcomes = this.#outcomes(sessionId, first);
      if (outcomes !== null) return { firstSequence: first, outcomes };
    }
    return null;
  }

  fence(sessionId: number, sequence: number): void {
    this.#sessions.get(sessionId)?.fences.add(sequence);
    this.#database.run('INSERT OR IGNORE INTO "balsa.fence" VALUES (?, ?)', [
      BigInt(sessionId),
      BigInt(sequence),
    ]);
  }
}
