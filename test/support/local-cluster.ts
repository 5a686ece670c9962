// Local nodes (local-node.ts) that share a log: each is as far behind as it has had nothing to do.
import { encodeCommand } from '../../src/machine/command-codec.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { must } from '../../src/util/assert.ts';
import { SqlClient } from './wire/sql-client.ts';
import { LocalNode } from './local-node.ts';
import type { LocalNodeOptions } from './local-node.ts';

export class LocalCluster {
  readonly nodes: readonly LocalNode[];
  readonly #log: Entry[] = [];
  /** What happens when a node has put its next entry in the log, before any node has applied it. */
  afterAppend: (() => void) | null = null;
  readonly #clients: SqlClient[] = [];

  /** One node for each of `options`. No lease: its holder would have to know what others append. */
  constructor(options: readonly Pick<LocalNodeOptions, 'machine' | 'transactions'>[]) {
    const log = this.#log;
    this.nodes = options.map(
      (more, at) =>
        new LocalNode({
          id: at + 1,
          hasLease: false,
          log,
          onAppend: () => this.#appended(),
          ...more,
        }),
    );
  }

  /** In the log. */
  get entryCount(): number {
    return this.#log.length;
  }

  /** A client of the node with this number, from 1. */
  async connect(node: number): Promise<SqlClient> {
    const client = await SqlClient.connect(must(this.nodes[node - 1], `node ${node}`));
    this.#clients.push(client);
    return client;
  }

  #appended(): void {
    const act = this.afterAppend;
    this.afterAppend = null;
    act?.();
  }

  /** Closes the session of a node's gateway, as a leader does; nodes learn of it in their own time. */
  takeForGone(node: number): void {
    const { sessionId } = must(this.nodes[node - 1], `node ${node}`);
    const index = this.#log.length + 1;
    const close = { kind: 'close', sessionId: sessionId ?? 0, lastIndex: index } as const;
    this.#log.push({ index, term: 1, kind: 'command', data: encodeCommand(close) });
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
