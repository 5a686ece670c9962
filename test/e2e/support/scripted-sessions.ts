// Scripts of sessions (test/isolation/script.ts) on a cluster, each session on another node.
import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import { must } from '../../../src/util/assert.ts';
import type { Recording } from '../../isolation/script.ts';
import { Cluster } from './cluster.ts';
import { connect } from './load.ts';

/** Where the session that prepares the tables is: with the first of the others. */
const SESSIONS = ['a', 'b', 'c'];
const POLL_MS = 20;

export class ScriptedSessions {
  readonly #cluster: Cluster;
  /** A client of each node, beside the sessions. */
  readonly #observers = new Map<number, pg.Client>();

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async start(): Promise<ScriptedSessions> {
    const sessions = new ScriptedSessions(await Cluster.start());
    for (const { id, port } of sessions.#cluster.nodes) {
      sessions.#observers.set(id, await connect(port));
    }
    return sessions;
  }

  readonly recording: Recording = {
    connect: (session) => connect(this.#cluster.node(this.#nodeOf(session)).port),
    // A linearizable read waits until its node has everything.
    settle: (session) => this.#observer(session).query('select 1'),
    waits: async ({ session, processId, isAnswered }) => {
      const waiting = `select from pg_locks where not granted and pid = ${processId}`;
      while (!isAnswered() && (await this.#observer(session).query(waiting)).rowCount === 0) {
        await setTimeout(POLL_MS);
      }
    },
  };

  #nodeOf(session: string): number {
    return (Math.max(SESSIONS.indexOf(session), 0) % this.#cluster.nodes.length) + 1;
  }

  #observer(session: string): pg.Client {
    return must(this.#observers.get(this.#nodeOf(session)), 'an observer');
  }

  async stop(): Promise<void> {
    for (const client of this.#observers.values()) await client.end();
    await this.#cluster.stop();
  }
}
