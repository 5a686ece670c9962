// What nodes have told others that they keep: votes, and entries that they acknowledged or claimed in
// an election (R2, R4, R20, R21). A process that starts again must still have it, however the one
// before has ended.
import type { Index, Term } from '../../src/raft/entry.ts';
import type { Message } from '../../src/raft/message.ts';
import { fail } from './checks.ts';
import type { SimulatedNode } from './simulated-node.ts';

interface Kept {
  term: Term;
  votedFor: number;
  /** The last entry that it has promised to have, and its term; 0: none. */
  index: Index;
  indexTerm: Term;
}

export class Promises {
  readonly #kept = new Map<number, Kept>();
  /** How many restarts were compared with what was promised. */
  compared = 0;

  #of(id: number): Kept {
    let kept = this.#kept.get(id);
    if (kept === undefined) this.#kept.set(id, (kept = newKept()));
    return kept;
  }

  sent(node: SimulatedNode, message: Message): void {
    switch (message.kind) {
      case 'request-vote':
        this.#vote(node, message.term, node.id);
        this.#entry(node, message.lastLogIndex, message.lastLogTerm);
        break;
      case 'request-vote-reply':
        if (message.voteGranted) this.#vote(node, message.term, message.to);
        break;
      case 'append-entries-reply':
        if (message.success)
          this.#entry(node, message.matchIndex, node.store.termAt(message.matchIndex) ?? 0);
        break;
      default:
    }
  }

  #vote(node: SimulatedNode, term: Term, votedFor: number): void {
    const kept = this.#of(node.id);
    if (term === kept.term && votedFor !== kept.votedFor)
      fail(`node ${node.id} votes for ${kept.votedFor} and ${votedFor} in term ${term}`);
    if (term <= kept.term) return;
    kept.term = term;
    kept.votedFor = votedFor;
  }

  #entry(node: SimulatedNode, index: Index, term: Term): void {
    const kept = this.#of(node.id);
    this.afterStep(node);
    if (index < kept.index) return;
    kept.index = index;
    kept.indexTerm = term;
  }

  /** What another leader has put in the place of an entry ends the promise. */
  afterStep(node: SimulatedNode): void {
    const kept = this.#of(node.id);
    if (kept.index > 0 && node.store.termAt(kept.index) !== kept.indexTerm) kept.index = 0;
  }

  /** The log was read anew. */
  restarted(node: SimulatedNode): void {
    const { term, votedFor, index, indexTerm } = this.#of(node.id);
    const { hardState } = node.store;
    this.compared += 1;
    const isVoteKept =
      hardState.currentTerm > term ||
      (hardState.currentTerm === term && hardState.votedFor === votedFor);
    if (term > 0 && !isVoteKept)
      fail(
        `node ${node.id} has voted for ${votedFor} in term ${term}, and comes back with ${hardState.votedFor} in term ${hardState.currentTerm}`,
      );
    if (index > 0 && node.store.termAt(index) !== indexTerm)
      fail(
        `node ${node.id} has acknowledged entry ${index}@${indexTerm}, and comes back with ${String(node.store.termAt(index))} there`,
      );
  }
}

function newKept(): Kept {
  return { term: 0, votedFor: 0, index: 0, indexTerm: 0 };
}
