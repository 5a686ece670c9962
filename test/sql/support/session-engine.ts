// A whole node in this process (test/support/local-node.ts) with a client of node-postgres: answers
// as Engine words them, of statements that only a session can carry out.
import pg from 'pg';
import { Listener } from '../../../src/server/listener.ts';
import { answer } from '../../slt/transcript.ts';
import { LocalNode } from '../../support/local-node.ts';
import { freePorts } from '../../e2e/support/cluster.ts';

export class SessionEngine {
  readonly #node: LocalNode;
  readonly #listener: Listener;
  readonly #client: pg.Client;

  private constructor(node: LocalNode, listener: Listener, client: pg.Client) {
    this.#node = node;
    this.#listener = listener;
    this.#client = client;
  }

  static async start(): Promise<SessionEngine> {
    const node = new LocalNode();
    const [port = 0] = await freePorts(1);
    const listener = new Listener({
      address: { host: '127.0.0.1', port },
      nodeId: 1,
      backend: node.executor,
      database: 'postgres',
      maxConnections: 10,
      tls: null,
      log: () => undefined,
    });
    await listener.start();
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres' });
    await client.connect();
    return new SessionEngine(node, listener, client);
  }

  answer(text: string): Promise<string> {
    return answer(this.#client, text);
  }

  async close(): Promise<void> {
    await this.#client.end();
    await this.#listener.close();
    this.#node.close();
  }
}
