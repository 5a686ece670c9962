// LISTEN and NOTIFY through different nodes, with a Postgres driver.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client, Notification } from 'pg';
import { Cluster } from './support/cluster.ts';
import { connect } from './support/load.ts';

/** What a client was told so far, and a way to wait for more. */
class Ear {
  readonly told: Notification[] = [];
  #wake: () => void = () => undefined;

  constructor(client: Client) {
    client.on('notification', (notification) => {
      this.told.push(notification);
      this.#wake();
    });
  }

  async until(payload: string): Promise<readonly string[]> {
    while (this.told.at(-1)?.payload !== payload) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.told.splice(0).map(({ channel, payload: text }) => `${channel} ${text}`);
  }
}

describe('notifications', () => {
  let cluster: Cluster;
  let clients: readonly Client[];
  let ears: readonly Ear[];

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.waitForLeader();
    clients = await Promise.all(cluster.nodes.map(({ port }) => connect(port)));
    ears = clients.map((client) => new Ear(client));
  });

  afterAll(async () => {
    await Promise.allSettled(clients.map((client) => client.end()));
    await cluster.stop();
  });

  it('reach listeners on all nodes, in one order, once', async () => {
    for (const client of clients) await client.query('listen jobs');
    await Promise.all(
      clients.map(async (client, at) => {
        for (let number = 0; number < 20; number++) {
          await client.query(`notify jobs, '${at}-${number}'`);
        }
      }),
    );
    await clients[0]?.query("begin; notify jobs, 'in a block'; notify jobs, 'in a block'");
    await clients[0]?.query('rollback');
    await clients[1]?.query("select pg_notify('jobs', $1)", ['last']);
    const heard = await Promise.all(ears.map((ear) => ear.until('last')));
    expect(heard[1]).toEqual(heard[0]);
    expect(heard[2]).toEqual(heard[0]);
    expect(heard[0]).toHaveLength(61);
    expect(new Set(heard[0]).size).toBe(61);
  });

  it('name the session that sent them', async () => {
    const ids = await Promise.all(
      clients.map(async (client) => {
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        return rows[0]?.pid;
      }),
    );
    expect(new Set(ids).size).toBe(clients.length);
    await clients[1]?.query("notify jobs, 'from 1'");
    while (ears[0]?.told.length === 0) await new Promise((done) => setImmediate(done));
    expect(ears[0]?.told[0]?.processId).toBe(ids[1]);
    for (const ear of ears) await ear.until('from 1');
  });

  it('go on when a node is killed, and the node that comes back tells nothing old', async () => {
    await cluster.kill(3);
    await clients[0]?.query("notify jobs, 'while one is away'");
    await ears[1]?.until('while one is away');
    await ears[0]?.until('while one is away');
    cluster.restart(3);
    await cluster.waitForLeader();
    const again = await connect(cluster.node(3).port);
    const ear = new Ear(again);
    await again.query('listen jobs');
    await clients[0]?.query("notify jobs, 'new'");
    expect(await ear.until('new')).toEqual(['jobs new']);
    await again.end();
  });
});
