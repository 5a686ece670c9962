// What clients see while the disks have no space for writes (R47): an error that says so, at once,
// and reads as ever.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalNode } from '../support/local-node.ts';
import type { LocalConnection } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';
import { encodeLine } from '../support/wire/frontend-lines.ts';

let node: LocalNode;
let client: LocalConnection;

/** Rows, tags and errors of a query. */
async function query(sql: string): Promise<readonly string[]> {
  client.send(encodeLine(`Query ${sql}`));
  return backendLines(await client.settle()).filter((line) =>
    /^(DataRow|CommandComplete| {2}(code|message|hint):)/.test(line),
  );
}

beforeEach(async () => {
  node = new LocalNode();
  client = node.open();
  client.send(encodeLine('Startup {"user": "postgres", "database": "postgres"}'));
  await client.settle();
  await query('create table t (a int); insert into t values (1)');
  node.setDiskFull(true);
});

afterEach(() => {
  client.close();
  node.close();
});

it('refuses writes, and says why', async () => {
  expect(await query('insert into t values (2)')).toEqual([
    '  code: 53100',
    '  message: no majority of the nodes has disk space for writes',
    '  hint: Make room on the disks: nothing else is to be done.',
  ]);
  expect(await query('create table u (a int)')).toContain('  code: 53100');
});

it('goes on with reads', async () => {
  expect(await query('select a from t')).toEqual(['DataRow "1"', 'CommandComplete SELECT 1']);
});

it('refuses the commit of a transaction that wrote, and forgets it', async () => {
  expect(await query('begin')).toEqual(['CommandComplete BEGIN']);
  expect(await query('insert into t values (2)')).toEqual(['CommandComplete INSERT 0 1']);
  expect(await query('commit')).toContain('  code: 53100');
  expect(await query('select a from t')).toEqual(['DataRow "1"', 'CommandComplete SELECT 1']);
});

it('takes writes when there is space again', async () => {
  node.setDiskFull(false);
  expect(await query('insert into t values (2)')).toEqual(['CommandComplete INSERT 0 1']);
});
