// The loop between the consensus core and the world: persist, send, hand over what is committed,
// answer reads. No clock and no sockets of its own: the consensus thread runs it on the real ones,
// the simulator on virtual ones.
import type { Entry, Index, NodeId, Term } from '../raft/entry.ts';
import type { LogStore } from '../raft/log-store.ts';
import type { Message, ProposeRefusal, ReadId } from '../raft/message.ts';
import type { RaftNode } from '../raft/raft-node.ts';
import type { Ready } from '../raft/ready.ts';
import type { RoleName } from './shared-state.ts';

export interface DriverEvents {
  send(message: Message): void;
  /** Committed and durable here, in order, each index once. */
  committed(entries: readonly Entry[]): void;
  /** index null: the read must be asked for again under a new id. */
  readsAnswered(ids: readonly ReadId[], index: Index | null): void;
  /** Commands of this node were not taken; the gateway sends them again. */
  proposalsRefused(refusal: ProposeRefusal, leaderId: NodeId): void;
  roleChanged(role: RoleName, term: Term, leaderId: NodeId): void;
  /** The node must stop: what was found (R28). */
  alarm(reason: string): void;
  /** There is something to do: call run() soon, once for all that came until then. */
  wake(): void;
}

export class RaftDriver {
  readonly #node: RaftNode;
  readonly #store: LogStore;
  readonly #events: DriverEvents;
  readonly #now: () => number;
  #proposalId = 0;

  constructor(node: RaftNode, store: LogStore, events: DriverEvents, now: () => number) {
    this.#node = node;
    this.#store = store;
    this.#events = events;
    this.#now = now;
  }

  receive(message: Message): void {
    if (message.kind === 'propose-reply') {
      if (message.refusal !== null) {
        this.#events.proposalsRefused(message.refusal, message.leaderId);
      }
    } else {
      this.#node.step(message, this.#now());
    }
    this.#events.wake();
  }

  /** Commands of this node's gateway: appended here, or sent to the leader (design 2). */
  propose(commands: readonly Uint8Array[]): void {
    const result = this.#node.propose(commands, this.#now());
    if (result.kind === 'refused') {
      const { id, term } = this.#node.status();
      if (result.reason === 'not-leader' && result.leaderId !== 0 && result.leaderId !== id) {
        const proposalId = ++this.#proposalId;
        this.#events.send({
          kind: 'propose',
          from: id,
          to: result.leaderId,
          term,
          proposalId,
          commands,
        });
      } else {
        this.#events.proposalsRefused(result.reason, result.leaderId);
      }
    }
    this.#events.wake();
  }

  read(ids: readonly ReadId[]): void {
    this.#node.readIndex(ids, this.#now());
    this.#events.wake();
  }

  tick(): void {
    this.#node.tick(this.#now());
    this.#events.wake();
  }

  peerUp(id: NodeId): void {
    this.#node.peerUp(id, this.#now());
    this.#events.wake();
  }

  peerDown(id: NodeId): void {
    this.#node.peerDown(id, this.#now());
    this.#events.wake();
  }

  transferLeadership(): void {
    this.#node.transferLeadership(0, this.#now());
    this.#events.wake();
  }

  /** Does all there is to do. What arrives during it is for the next run. */
  run(): void {
    for (;;) {
      const ready = this.#node.ready();
      if (ready === null) return;
      // What must not leave before it is durable is held back by the core (R22).
      for (const message of ready.messages) this.#events.send(message);
      this.#persist(ready);
      if (ready.committed.length > 0) this.#events.committed(ready.committed);
      for (const { id, index } of ready.reads) this.#events.readsAnswered([id], index);
      if (ready.readFailures.length > 0) this.#events.readsAnswered(ready.readFailures, null);
      if (ready.roleChange !== null) {
        const { role, term, leaderId } = ready.roleChange;
        this.#events.roleChanged(role, term, leaderId);
      }
      if (ready.alarm !== null) this.#events.alarm(ready.alarm);
    }
  }

  #persist(ready: Ready): void {
    if (ready.persist === null) return;
    const { ioSeq, request } = ready.persist;
    this.#store.persist(request, () => {
      this.#node.ioDone(ioSeq, this.#now());
      this.#events.wake();
    });
  }
}
