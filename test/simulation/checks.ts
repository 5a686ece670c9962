// What must hold after every event, seen from outside with knowledge of all nodes (docs/invariants.md).
import { crc32 } from 'node:zlib';
import type { Entry } from '../../src/raft/entry.ts';
import type { SimulatedNode } from './simulated-node.ts';

interface Committed {
  readonly term: number;
  readonly crc: number;
  /** The term of the node that was the first to know. */
  readonly commitTerm: number;
}

export class Checks {
  readonly #leaders = new Map<number, string>();
  readonly #votes = new Map<string, number>();
  readonly #terms = new Map<number, number>();
  readonly #committed = new Map<number, Committed>();
  readonly #hashes = new Map<number, string>();
  readonly #commits = new Map<string, number>();
  readonly #checked = new Map<string, number>();
  /** The highest index that any node knows to be committed. */
  ghostCommit = 0;
  /** The highest index that any leader or follower has acknowledged to a client. */
  elections = 0;

  afterStep(node: SimulatedNode): void {
    if (!node.isReady()) return;
    const status = node.raft.status();
    const process = `${node.id}/${node.incarnation}`;
    this.#checkTerm(node, status.term, status.votedFor);
    if (status.role === 'leader') this.#checkLeader(node, process, status.term);
    const before = this.#commits.get(process) ?? 0;
    if (status.commitIndex < before)
      fail(`commit of ${process} went back to ${status.commitIndex}`);
    this.#commits.set(process, status.commitIndex);
    // What is not durable yet may still be on its way to the store.
    const last = Math.min(status.commitIndex, status.durableIndex);
    const checked = this.#checked.get(process) ?? 0;
    for (let index = checked + 1; index <= last; index++) this.#checkCommitted(node, index);
    this.#checked.set(process, Math.max(checked, last));
    this.ghostCommit = Math.max(this.ghostCommit, status.commitIndex);
  }

  /** I2: terms rise over restarts too; one vote in a term. */
  #checkTerm(node: SimulatedNode, term: number, votedFor: number): void {
    const before = this.#terms.get(node.id) ?? 0;
    // A term that was not durable yet may be forgotten; a vote that left may not.
    if (votedFor !== 0 && term >= before) this.#terms.set(node.id, term);
    const key = `${node.id}@${term}`;
    const hard = node.store.hardState;
    if (hard.currentTerm === term && votedFor !== 0) this.#votes.set(key, votedFor);
  }

  /** I1: one leader in a term. I5: a leader's log has everything that is committed. */
  #checkLeader(node: SimulatedNode, process: string, term: number): void {
    const known = this.#leaders.get(term);
    if (known === process) return;
    if (known !== undefined) fail(`two leaders in term ${term}: ${known} and ${process}`);
    this.#leaders.set(term, process);
    this.elections += 1;
    const lastIndex = node.raft.status().lastIndex;
    for (const [index, committed] of this.#committed) {
      // What was committed in a later term a leader of this one need not have.
      if (committed.commitTerm >= term) continue;
      if (index > lastIndex) {
        fail(`leader ${process} of term ${term} lacks entry ${index}, which was committed`);
      }
      const own = index > node.raft.status().durableIndex ? null : node.store.termAt(index);
      if (own !== null && own !== committed.term) {
        fail(
          `leader ${process} of term ${term} has entry ${index}@${own}, committed was @${committed.term}`,
        );
      }
    }
  }

  /** I3, I6: what is committed at an index never differs. */
  #checkCommitted(node: SimulatedNode, index: number): void {
    if (index > node.store.lastIndex) return;
    const [entry] = node.store.entries(index, index, 0);
    if (entry !== undefined) this.#compare(node, entry);
  }

  #compare(node: SimulatedNode, entry: Entry): void {
    const commitTerm = node.raft.status().term;
    const seen = { term: entry.term, crc: crc32(entry.data), commitTerm };
    const known = this.#committed.get(entry.index);
    if (known === undefined) this.#committed.set(entry.index, seen);
    else if (known.term !== seen.term || known.crc !== seen.crc) {
      fail(`node ${node.id} committed ${entry.index}@${seen.term}, another node @${known.term}`);
    }
  }

  /** I6: nodes that have applied the same entries have the same state. */
  applied(node: SimulatedNode, entries: readonly Entry[]): void {
    for (const entry of entries) this.#compare(node, entry);
    const { appliedIndex, applyHash } = node.machine;
    const hash = Buffer.from(applyHash).toString('hex');
    const known = this.#hashes.get(appliedIndex);
    if (known === undefined) this.#hashes.set(appliedIndex, hash);
    else if (known !== hash) fail(`node ${node.id} differs at entry ${appliedIndex}`);
  }
}

export class SafetyViolation extends Error {
  override readonly name = 'SafetyViolation';
}

export function fail(message: string): never {
  throw new SafetyViolation(message);
}
