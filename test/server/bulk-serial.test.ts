// A load of many rows with a serial key, in one transaction: its values are taken in few goes, as the
// whole transaction runs again behind each of them.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalCluster } from '../support/local-cluster.ts';
import type { SqlClient } from '../support/wire/sql-client.ts';

const ROWS = 5000;

let cluster: LocalCluster;
let client: SqlClient;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}]);
  client = await cluster.connect(1);
});

afterEach(() => {
  cluster.checkEqual();
  cluster.close();
});

it('takes its values in few goes, and no one else gets them', async () => {
  await client.query('create table s (id serial primary key, n int)');
  const before = cluster.nodes[0]!.logLength;
  await client.query('begin');
  await client.query(`insert into s (n) select generate_series(1, ${ROWS})`);
  const other = await cluster.connect(2);
  expect(await other.query('insert into s (n) values (0) returning id > 5000')).toBe('(t)');
  expect(await client.query('commit')).toBe('COMMIT');
  expect(cluster.nodes[0]!.logLength - before).toBeLessThan(20);
  const sql = 'select count(*), count(distinct id), min(id), max(id) >= 5001 from s';
  expect(await other.query(sql)).toBe(`(${ROWS + 1},${ROWS + 1},1,t)`);
});
