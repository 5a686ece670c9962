// A change of the schema that one node has acknowledged is what drivers are told of on every other,
// at once: sessions on three nodes, each of which changes the table in turn.
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must } from '../../src/util/assert.ts';
import type { WireConnection } from '../support/wire/connection.ts';
import { SocketConnection } from '../support/wire/socket-connection.ts';
import { SqlClient } from '../support/wire/sql-client.ts';
import { Cluster } from './support/cluster.ts';
import { connect } from './support/load.ts';

const ROUNDS = 60;
const COLUMNS_MAX = 20;

let cluster: Cluster;
const clients: pg.Client[] = [];
const wires: { readonly client: SqlClient; readonly connection: WireConnection }[] = [];

beforeAll(async () => {
  cluster = await Cluster.start();
  await cluster.waitForLeader();
  for (const { port } of cluster.nodes) {
    clients.push(await connect(port));
    const connection = await SocketConnection.open(port, 'answered');
    wires.push({ connection, client: await SqlClient.over(connection) });
  }
});

afterAll(async () => {
  for (const client of clients) await client.end();
  for (const { connection } of wires) connection.close();
  await cluster.stop();
});

function nextTo<T>(all: readonly T[], round: number, distance: number): T {
  return must(all[(round + distance) % all.length], 'a client');
}

it('columns and tables are there as soon as they are acknowledged', async () => {
  let columns = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const changer = nextTo(clients, round, 0);
    if (columns === 0 || columns > COLUMNS_MAX) {
      columns = 1;
      await changer.query('drop table if exists t; create table t (c0 int)');
      await changer.query('insert into t values (1)');
    } else await changer.query(`alter table t add column c${columns++} int`);
    const row = `(1${','.repeat(columns - 1)})`;
    const [described, prepared] = await Promise.all([
      nextTo(clients, round, 1).query('select * from t where c0 = $1', [1]),
      nextTo(wires, round, 2).client.described('select * from t where c0 = $1', ['1']),
    ]);
    expect(described.fields.length).toBe(columns);
    expect(prepared).toBe(row);
  }
});

it('so are the types of parameters', async () => {
  const types = ['int', 'text'];
  await nextTo(clients, 0, 0).query('create table retyped (k int, v int)');
  for (let round = 0; round < ROUNDS / 10; round++) {
    const type = nextTo(types, round, 1);
    await nextTo(clients, round, 0).query(
      `delete from retyped; alter table retyped alter column v type ${type} using v::${type}`,
    );
    const value = type === 'int' ? '7' : 'seven';
    const sql = 'insert into retyped values ($1, $2)';
    await nextTo(clients, round, 1).query(sql, [1, value]);
    expect(await nextTo(wires, round, 2).client.described(sql, ['2', value])).toBe('INSERT 0 1');
    const { rows } = await nextTo(clients, round, 2).query('select v::text from retyped');
    expect(rows).toEqual([{ v: value }, { v: value }]);
  }
});
