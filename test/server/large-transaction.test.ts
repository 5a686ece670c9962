// Transactions that are too large for one entry, and for memory: their statements go to a file while
// they run, and through the log in parts when they commit.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Answer, SqlClient } from '../support/wire/sql-client.ts';
import { LocalCluster } from '../support/local-cluster.ts';

const VALUE_BYTES = 200_000;
/** More than is held in memory. */
const ROWS = 30;

let cluster: LocalCluster;
let clients: readonly SqlClient[];
let on: (node: number, sql: string) => Promise<Answer>;

beforeEach(async () => {
  cluster = new LocalCluster([{}, {}, { machine: { exactCheckOnly: true } }]);
  clients = await Promise.all([1, 2, 3].map((node) => cluster.connect(node)));
  on = (node, sql) => clients[node - 1]!.query(sql);
  await on(1, 'create table t (k int primary key, v text); create table x (n int)');
  await on(1, 'insert into x values (0)');
});

afterEach(async () => {
  await on(1, 'select');
  for (const node of cluster.nodes) {
    expect(node.stagedCount()).toBe(0);
    expect(node.executor.parts.bytes.taken).toBe(0);
    expect(node.executor.files.budget.taken).toBe(0);
  }
  cluster.checkEqual();
  cluster.close();
});

async function insert(first: number, count: number, letter: string): Promise<void> {
  for (let k = first; k < first + count; k++) {
    const sql = `insert into t values (${k}, '${letter.repeat(VALUE_BYTES)}')`;
    expect(await on(1, sql)).toBe('INSERT 0 1');
  }
}

function summary(node: number): Promise<Answer> {
  return on(node, 'select count(*), count(distinct v), sum(length(v)) from t');
}

it('commits as a whole, though others write meanwhile', async () => {
  await on(1, 'begin');
  await insert(0, ROWS / 2, 'a');
  expect(await on(2, 'update x set n = 1')).toBe('UPDATE 1');
  await insert(ROWS / 2, ROWS / 2, 'b');
  expect(await summary(2)).toBe('(0,0,)');
  expect(await on(1, 'commit')).toBe('COMMIT');
  expect(await summary(2)).toBe(`(${ROWS},2,${ROWS * VALUE_BYTES})`);
  expect(await summary(3)).toBe(`(${ROWS},2,${ROWS * VALUE_BYTES})`);
});

it('is in a file of the node, and nowhere else, until it commits', async () => {
  await on(1, 'begin');
  await insert(0, ROWS, 'a');
  const [node] = cluster.nodes;
  expect(node!.executor.files.budget.taken).toBeGreaterThan((ROWS / 2) * VALUE_BYTES);
  expect(node!.stagedCount()).toBe(0);
  expect(await on(1, 'rollback')).toBe('ROLLBACK');
  expect(await summary(1)).toBe('(0,0,)');
});

it('goes back to savepoints that are in the file', async () => {
  await on(1, 'begin');
  await insert(0, 1, 'a');
  await on(1, 'savepoint s');
  await insert(1, ROWS, 'b');
  expect(await on(1, 'insert into t values (1)')).toBe('ERROR 23505');
  expect(await on(1, 'rollback to s')).toBe('ROLLBACK');
  await insert(1, ROWS, 'c');
  expect(await on(2, 'update x set n = 1')).toBe('UPDATE 1');
  expect(await on(1, 'rollback to s')).toBe('ROLLBACK');
  await insert(1, 1, 'd');
  expect(await on(1, 'commit')).toBe('COMMIT');
  expect(await on(2, 'select k, substr(v, 1, 1) from t order by k')).toBe('(0,a) (1,d)');
});

it('does not commit if what it was told first holds no more', async () => {
  await on(1, 'begin');
  expect(await on(1, 'select n from x')).toBe('(0)');
  await insert(0, ROWS, 'a');
  await on(2, 'update x set n = 1');
  expect(await on(1, 'commit')).toBe('ERROR 40001');
  expect(await summary(1)).toBe('(0,0,)');
});

it('is told so by its next statement too, with the number of the statement', async () => {
  await on(1, 'begin');
  await insert(0, ROWS, 'a');
  await on(2, 'insert into t values (-1)');
  await on(1, 'commit');
  await on(1, 'begin');
  expect(await on(1, 'select max(n) from x')).toBe('(0)');
  await insert(ROWS, ROWS, 'a');
  await on(2, 'update x set n = 2');
  expect(await on(1, 'insert into t values (1000)')).toBe('ERROR 40001');
  await on(1, 'rollback');
});

it('does not survive a change of the schema', async () => {
  await on(1, 'begin');
  await insert(0, ROWS, 'a');
  await on(2, 'create table other (k int)');
  expect(await on(1, 'commit')).toBe('ERROR 40001');
});

it('leaves nothing when its client vanishes while it writes', async () => {
  await on(1, 'begin');
  await insert(0, 8, 'a');
  const last = insert(8, 1, 'a').catch(() => undefined);
  clients[0]!.close();
  await last;
  clients = [await cluster.connect(1), ...clients.slice(1)];
  expect(await summary(1)).toBe('(0,0,)');
});

it('waits at COMMIT for rows that others have locked since, and then for others', async () => {
  await on(1, 'begin; update x set n = n + 1');
  await insert(0, ROWS, 'a');
  expect(await on(2, 'begin; select n from x for update')).toBe('BEGIN; (0)');
  expect(await on(1, 'commit')).toBe('');
  expect(await on(2, 'update x set n = 10; commit')).toBe('UPDATE 1; COMMIT');
  expect(await clients[0]!.answered()).toBe('COMMIT');
  expect(await on(3, 'select n from x')).toBe('(11)');
  expect(await summary(2)).toBe(`(${ROWS},1,${ROWS * VALUE_BYTES})`);
});

it('waits at COMMIT no longer than lock_timeout, and leaves nothing', async () => {
  await on(1, 'set lock_timeout = 50; begin; update x set n = n + 1');
  await insert(0, ROWS, 'a');
  expect(await on(2, 'begin; select n from x for update')).toBe('BEGIN; (0)');
  expect((await on(1, 'commit')) || (await clients[0]!.later())).toBe('ERROR 55P03');
  expect(await on(2, "select count(*) from pg_locks where locktype = 'tuple'; commit")).toBe(
    '(1); COMMIT',
  );
  expect(await summary(2)).toBe('(0,0,)');
});

it('is refused behind a wait, if it would be told something else by then', async () => {
  await on(1, 'begin; update x set n = n + 1 returning n');
  await insert(0, ROWS, 'a');
  expect(await on(2, 'begin; select n from x for update')).toBe('BEGIN; (0)');
  expect(await on(1, 'commit')).toBe('');
  expect(await on(2, 'update x set n = 10; commit')).toBe('UPDATE 1; COMMIT');
  expect(await clients[0]!.answered()).toBe('ERROR 40001');
  expect(await on(3, 'select count(*) from pg_locks')).toBe('(0)');
});
