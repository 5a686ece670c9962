// Local nodes (local-node.ts) that share a log: each is as far behind as it has had nothing to do.
import type { Entry } from '../../src/raft/entry.ts';
import { must } from '../../src/util/assert.ts';
import { SqlClient } from './wire/sql-client.ts';
import { LocalNode } from './local-node.ts';
import type { LocalNodeOptions } from './local-node.ts';

export class LocalCluster {
  readonly nodes: readonly LocalNode[];
  readonly #clients: SqlClient[] = [];

  /** One node for each of `options`. No lease: its holder would have to know what others append. */
  constructor(options: readonly Pick<LocalNodeOptions, 'machine' | 'transactions'>[]) {
    const log: Entry[] = [];
    this.nodes = options.map(
      (more, at) => new LocalNode({ id: at + 1, hasLease: false, log, ...more }),
    );
  }

  /** A client of the node with this number, from 1. */
  async connect(node: number): Promise<SqlClient> {
    const client = await SqlClient.connect(must(this.nodes[node - 1], `node ${node}`));
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
