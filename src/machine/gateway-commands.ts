// Commands of gateways at their place in the log: sessions begin and end, and what a session
// proposes is executed once, however often it comes (thesis 6.3). How is in request-execution.ts.
import type { Index, NodeId } from '../raft/entry.ts';
import { unreachable } from '../util/assert.ts';
import { packOutcomes } from './outcome-codec.ts';
import type {
  CloseCommand,
  Command,
  EncodedRequest,
  ExecuteCommand,
  FenceCommand,
  Outcome,
  RegisterCommand,
} from './command.ts';
import type { Database } from './database.ts';
import { encodeRegistration } from './entry-outcomes.ts';
import type { EntryOutcomes } from './entry-outcomes.ts';
import { keptOutcomes } from './kept-outcomes.ts';
import type { Locks } from './locks.ts';
import type { MachineMutations } from './mutations.ts';
import { SessionTable } from './sessions.ts';
import type { GatewaySession } from './sessions.ts';
import type { StagedParts } from './staged-parts.ts';

/** The session of a gateway that keeps something from others. */
export interface Holder {
  readonly sessionId: number;
  readonly nodeId: NodeId;
  /** Its newest entry. */
  readonly lastIndex: Index;
}

export interface GatewayCommandsOptions {
  readonly database: Database;
  /** These, and what is staged, end with their session. */
  readonly locks: Locks;
  readonly staged: StagedParts;
  readonly execute: (request: EncodedRequest, sessionId: number, index: Index) => Outcome;
  readonly mutations: MachineMutations;
}

const NO_OUTCOMES = packOutcomes([]);

export class GatewayCommands {
  readonly #options: GatewayCommandsOptions;
  readonly #sessions: SessionTable;

  constructor(options: GatewayCommandsOptions) {
    const { database, mutations } = options;
    this.#options = options;
    this.#sessions = new SessionTable(database, mutations, (session) => this.#closed(session));
  }

  /** The node whose gateway has the session; 0: it is closed. */
  nodeOf(sessionId: number): NodeId {
    return this.#sessions.nodeOf(sessionId);
  }

  /** Sessions that keep something from others: locks, places in a queue for them, staged parts. */
  holders(): readonly Holder[] {
    const { locks, staged } = this.#options;
    const ofLocks = locks.sessions();
    return [...this.#sessions.open()]
      .filter(
        ({ sessionId, nodeId, incarnation }) =>
          ofLocks.has(sessionId) || staged.existOf(nodeId, incarnation),
      )
      .map(({ sessionId, nodeId }) => {
        return { sessionId, nodeId, lastIndex: this.#sessions.lastIndexOf(sessionId) };
      });
  }

  /** null: there is nothing to tell. */
  apply(index: Index, command: Command): EntryOutcomes | null {
    switch (command.kind) {
      case 'register':
        return this.#register(index, command);
      case 'execute':
        return this.#execute(index, command);
      case 'fence':
        return this.#fence(index, command);
      case 'close':
        return this.#close(index, command);
      default:
        return unreachable(command);
    }
  }

  #register(index: Index, { nodeId, incarnation }: RegisterCommand): EntryOutcomes | null {
    const sessionId = this.#sessions.register(index, nodeId, incarnation);
    if (sessionId === null) return null;
    const outcomes = encodeRegistration({ nodeId, incarnation });
    return { index, kind: 'registered', sessionId, nodeId, firstSequence: 0, outcomes };
  }

  #close(index: Index, { sessionId, lastIndex }: CloseCommand): EntryOutcomes | null {
    if (!this.#sessions.isOpen(sessionId)) return null;
    const isAlive = this.#sessions.lastIndexOf(sessionId) > lastIndex;
    if (isAlive && this.#options.mutations.closeIgnoresNewerEntries !== true) return null;
    const nodeId = this.#sessions.nodeOf(sessionId);
    this.#sessions.close(sessionId);
    return { index, kind: 'closed', sessionId, nodeId, firstSequence: 0, outcomes: NO_OUTCOMES };
  }

  /** What ends with a session. */
  #closed({ sessionId, nodeId, incarnation }: GatewaySession): void {
    const { locks, staged, mutations } = this.#options;
    if (mutations.locksOutliveSession !== true) locks.closeSession(sessionId);
    if (mutations.partsOutliveSession !== true) staged.dropOf(nodeId, incarnation);
  }

  #execute(index: Index, command: ExecuteCommand): EntryOutcomes | null {
    const { sessionId, firstSequence, requests } = command;
    const lastSequence = firstSequence + requests.length - 1;
    const nodeId = this.#sessions.nodeOf(sessionId);
    const reply = (outcomes: Uint8Array): EntryOutcomes => ({
      index,
      kind: 'executed',
      sessionId,
      nodeId,
      firstSequence,
      outcomes,
    });
    if (!this.#sessions.isOpen(sessionId)) {
      return reply(packOutcomes(requests.map(() => ({ kind: 'session-expired' }))));
    }
    this.#sessions.acknowledge(sessionId, command.ackLow);
    // A late copy: its outcomes came by at the gateway, which waits for nothing here.
    if (this.#sessions.isAcknowledged(sessionId, lastSequence)) return null;
    const kept = this.#sessions.executedBefore(sessionId, firstSequence);
    if (kept !== null) return reply(kept);
    const outcomes = requests.map((request, at) =>
      this.#sessions.mayExecute(sessionId, firstSequence + at)
        ? this.#options.execute(request, sessionId, index)
        : ({ kind: 'fenced' } as const),
    );
    const packed = packOutcomes(outcomes);
    const keep = keptOutcomes(outcomes, packed);
    this.#sessions.keep(sessionId, firstSequence, lastSequence, index, keep);
    return reply(packed);
  }

  /** The first request would be executed: what #execute() looks at before. */
  isToExecute({ sessionId, firstSequence, requests }: ExecuteCommand): boolean {
    const lastSequence = firstSequence + requests.length - 1;
    return (
      this.#sessions.isOpen(sessionId) &&
      !this.#sessions.isAcknowledged(sessionId, lastSequence) &&
      this.#sessions.executedBefore(sessionId, firstSequence) === null &&
      this.#sessions.mayExecute(sessionId, firstSequence)
    );
  }

  /** After this the outcome is definite: executed before, or never (raft 3.5). */
  #fence(index: Index, { sessionId, sequence }: FenceCommand): EntryOutcomes | null {
    const nodeId = this.#sessions.nodeOf(sessionId);
    const fenced = (outcome: Outcome): EntryOutcomes => ({
      index,
      kind: 'fenced',
      sessionId,
      nodeId,
      firstSequence: sequence,
      outcomes: packOutcomes([outcome]),
    });
    // Closed, so nothing is executed from here on; what was executed before is not known here.
    if (!this.#sessions.isOpen(sessionId)) return fenced({ kind: 'session-expired' });
    if (this.#sessions.isAcknowledged(sessionId, sequence)) return null;
    const execution = this.#sessions.executionOf(sessionId, sequence);
    if (execution !== null) return { index, kind: 'executed', sessionId, nodeId, ...execution };
    this.#sessions.fence(sessionId, sequence);
    return fenced({ kind: 'fenced' });
  }
}
