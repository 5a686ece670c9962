// Comparing the nodes' running hashes at equal indexes (R55). Each node decides about itself: if a
// majority of the cluster agrees on another hash than its own, it is the one that is wrong.
import type { Index, NodeId } from '../raft/entry.ts';

const KEPT = 64;

export class ApplyHashes {
  readonly #self: NodeId;
  readonly #voterCount: number;
  readonly #reports = new Map<Index, Map<NodeId, string>>();

  constructor(self: NodeId, voterCount: number) {
    this.#self = self;
    this.#voterCount = voterCount;
  }

  /** What is wrong with this node, or null. */
  report(node: NodeId, index: Index, hash: Uint8Array): string | null {
    const at = this.#reports.get(index) ?? new Map<NodeId, string>();
    at.set(node, Buffer.from(hash).toString('hex'));
    this.#reports.set(index, at);
    if (this.#reports.size > KEPT) this.#reports.delete(Math.min(...this.#reports.keys()));
    return this.#judge(index, at);
  }

  #judge(index: Index, reports: ReadonlyMap<NodeId, string>): string | null {
    const own = reports.get(this.#self);
    if (own === undefined) return null;
    const others = new Map<string, number>();
    for (const hash of reports.values()) {
      if (hash !== own) others.set(hash, (others.get(hash) ?? 0) + 1);
    }
    const agreeing = Math.max(0, ...others.values());
    if (agreeing * 2 <= this.#voterCount) return null;
    return `the state at entry ${index} differs from that of ${agreeing} other nodes: this node's database cannot be trusted`;
  }
}
