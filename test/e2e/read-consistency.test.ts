// What a node that has lost its majority still answers, and to whom.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from 'pg';
import { Cluster } from './support/cluster.ts';
import { connect } from './support/load.ts';

const NO_MAJORITY = '57014';

describe('reads on the last living node', () => {
  let cluster: Cluster;
  let client: Client;

  beforeAll(async () => {
    cluster = await Cluster.start();
    const leader = await cluster.waitForLeader();
    const [survivor, ...others] = cluster.nodes.filter(({ id }) => id !== leader);
    if (survivor === undefined) throw new Error('no follower');
    client = await connect(survivor.port);
    await client.query('create table kept (a int)');
    await client.query('insert into kept values (1)');
    // A linearizable read: from here on the node holds the row.
    expect((await client.query('select a from kept')).rows).toEqual([{ a: 1 }]);
    await cluster.kill(leader);
    for (const { id } of others) await cluster.kill(id);
    await client.query("set balsa.commit_timeout = '300ms'");
  });

  afterAll(async () => {
    await client.end();
    await cluster.stop();
  });

  it('are refused by default', async () => {
    await client.query('set balsa.read_consistency = linearizable');
    await expect(client.query('select a from kept')).rejects.toMatchObject({ code: NO_MAJORITY });
  });

  it('show what the node has where that is wanted', async () => {
    await client.query('set balsa.read_consistency = stale');
    expect((await client.query('select a from kept')).rows).toEqual([{ a: 1 }]);
  });

  it('are refused again where it may be too old', async () => {
    await client.query('set balsa.read_consistency = stale');
    await client.query("set balsa.max_staleness = '1ms'");
    await expect(client.query('select a from kept')).rejects.toMatchObject({ code: NO_MAJORITY });
    await client.query("set balsa.max_staleness = '1h'");
    expect((await client.query('select a from kept')).rows).toEqual([{ a: 1 }]);
    await client.query('reset balsa.max_staleness');
  });

  it('know the settings of the session', async () => {
    const { rows } = await client.query(
      "select name, setting, unit, vartype, source from pg_settings where name = 'balsa.commit_timeout'",
    );
    expect(rows).toEqual([
      {
        name: 'balsa.commit_timeout',
        setting: '300',
        unit: 'ms',
        vartype: 'integer',
        source: 'session',
      },
    ]);
  });
});
