// Local nodes (local-node.ts) that share a log: each is as far behind as it has had nothing to do.
import type { Entry } from '../../src/raft/entry.ts';
import { must } from '../../src/util/assert.ts';
import { LocalClient } from './local-client.ts';
import { LocalNode } from './local-node.ts';
import type { LocalNodeOptions } from './local-node.ts';

export class LocalCluster {
  readonly nodes: readonly LocalNode[];
  readonly #clients: LocalClient[] = [];

  /** One node for each of `options`; the first one has the lease. */
  constructor(options: readonly Pick<LocalNodeOptions, 'machine' | 'transactions'>[]) {
    const log: Entry[] = [];
    this.nodes = options.map(
      (more, at) => new LocalNode({ id: at + 1, hasLease: at === 0, log, ...more }),
    );
  }

  /** A client of the node with this number, from 1. */
  async connect(node: number): Promise<LocalClient> {
    const client = await LocalClient.connect(must(this.nodes[node - 1], `node ${node}`));
    this.#clients.push(client);
    return client;
  }

  /** Throws unless all nodes come to the same state. */
  checkEqual(): void {
    const hashes = new Set(this.nodes.map((node) => node.applyHash()));
    if (hashes.size > 1) throw new Error('the nodes differ');
  }

  close(): void {
    for (const client of this.#clients) client.close();
    for (const node of this.nodes) node.close();
  }
}
