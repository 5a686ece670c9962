// What clients are told whose statements waited in vain, because this node does not apply what the
// cluster has committed: of how much it is behind, and never that the cluster cannot be reached.
import { afterEach, describe, expect, it } from 'vitest';
import { monotonicMs } from '../../src/server/clock.ts';
import { LocalNode } from '../support/local-node.ts';
import type { LocalConnection } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';
import { encodeLine } from '../support/wire/frontend-lines.ts';

const TIMEOUT_MS = 10_000;
/** Of a part of a large transaction, before which others may wait. */
const PARTS_MS = TIMEOUT_MS + 16_000;
/** After that a write is not waited for any longer, whatever has become of it. */
const GRACE_MS = 2000;

let node: LocalNode;
let client: LocalConnection;

async function start(hasLease: boolean): Promise<void> {
  node = new LocalNode({ hasLease });
  client = node.open();
  client.send(encodeLine('Startup {"user": "postgres", "database": "postgres"}'));
  await client.settle();
  await query('create table t (a int); insert into t values (1)');
}

afterEach(() => {
  client.close();
  node.close();
});

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done));
}

/** Rows, tags and errors. */
async function answer(): Promise<readonly string[]> {
  return backendLines(await client.settle()).filter((line) =>
    /^(DataRow|CommandComplete| {2}(code|message|detail|hint):)/.test(line),
  );
}

function query(sql: string): Promise<readonly string[]> {
  client.send(encodeLine(`Query ${sql}`));
  return answer();
}

/** Sends the query; then so much time passes. */
async function passTime(sql: string, ...passing: readonly number[]): Promise<void> {
  client.send(encodeLine(`Query ${sql}`));
  await turns();
  let now = monotonicMs();
  for (const ms of passing) {
    now += ms;
    node.executor.tick(now);
    await turns();
  }
}

async function waitInVain(sql: string, ...passing: readonly number[]): Promise<readonly string[]> {
  await passTime(sql, ...passing);
  return answer();
}

describe.each([
  ['with a lease', true],
  ['without a lease', false],
])('a read on a node %s', (_, hasLease) => {
  it('that is behind is told so', async () => {
    await start(hasLease);
    node.setBehind(5);
    expect(await waitInVain('select a from t', TIMEOUT_MS)).toEqual([
      '  code: 57014',
      '  message: canceling statement: this node is behind: it has applied 2 of 7 entries of the log',
      '  hint: Another node may be ahead of this one. SET balsa.read_consistency = stale reads what this node has.',
    ]);
  });

  it('that has no room is told so', async () => {
    await start(hasLease);
    node.setBehind(5, 'no room');
    expect(await waitInVain('select a from t', TIMEOUT_MS)).toEqual([
      '  code: 53100',
      '  message: canceling statement: no space left on the disk of this node: it has applied 2 of 7 entries of the log',
      '  hint: Another node may be ahead of this one. SET balsa.read_consistency = stale reads what this node has.',
    ]);
  });

  it('ends with its own time limit, if that is the shorter one', async () => {
    await start(hasLease);
    await query("set statement_timeout = '1s'");
    node.setBehind(5);
    expect(await waitInVain('select a from t', 1000)).toEqual([
      '  code: 57014',
      '  message: canceling statement due to statement timeout',
      '  detail: It waited: this node is behind: it has applied 2 of 7 entries of the log.',
      '  hint: Another node may be ahead of this one.',
    ]);
  });

  it('can be canceled meanwhile', async () => {
    await start(hasLease);
    node.setBehind(5);
    client.send(encodeLine('Query select a from t'));
    await turns();
    client.cancel();
    expect(await answer()).toContain('  message: canceling statement due to user request');
  });
});

describe('a write on a node', () => {
  it('that is behind may take effect, or not', async () => {
    await start(true);
    node.setBehind(5);
    expect(await waitInVain('insert into t values (2)', TIMEOUT_MS, GRACE_MS)).toEqual([
      '  code: 08007',
      '  message: this node is behind: it has applied 2 of 7 entries of the log, and it is not known whether the transaction takes effect',
      '  hint: Look at the data before trying again. Another node may be ahead of this one.',
    ]);
  });

  it('that has no room is not even proposed', async () => {
    await start(true);
    const before = node.logLength;
    node.setBehind(5, 'no room');
    expect(await waitInVain('insert into t values (2)', TIMEOUT_MS)).toEqual([
      '  code: 53100',
      '  message: canceling statement due to balsa.commit_timeout: no space left on the disk of this node: it has applied 2 of 7 entries of the log',
      '  detail: The transaction did not take effect, and never will.',
      '  hint: Another node may be ahead of this one.',
    ]);
    expect(node.logLength).toBe(before);
    node.setBehind(0);
    expect(await query('select a from t')).toEqual(['DataRow "1"', 'CommandComplete SELECT 1']);
  });

  it('that has room again in time takes effect', async () => {
    await start(true);
    node.setBehind(5, 'no room');
    client.send(encodeLine('Query insert into t values (2)'));
    await turns();
    node.setBehind(0);
    expect(await answer()).toEqual(['CommandComplete INSERT 0 1']);
  });

  it('that is behind has not taken effect where it is a part of a transaction', async () => {
    await start(true);
    await query('create table l (v text)');
    await query('begin');
    for (let at = 0; at < 6; at++) await query(`insert into l values ('${'x'.repeat(1_000_000)}')`);
    node.setBehind(5);
    await passTime('commit', PARTS_MS, GRACE_MS);
    node.setBehind(0);
    const answered = await answer();
    expect(answered[0]).toBe('  code: 57014');
    expect(answered[1]).toContain('this node is behind');
    expect(answered[2]).toBe('  detail: The transaction did not take effect, and never will.');
    expect(await query('select count(*) from l')).toContain('DataRow "0"');
  });
});

describe('a lock on a node that is behind', () => {
  /** In real time: the limits of locks are timers. */
  async function inVain(): Promise<readonly string[]> {
    await new Promise((done) => setTimeout(done, 150));
    node.setBehind(0);
    return answer();
  }

  it('that was asked for is not said to lack a majority', async () => {
    await start(true);
    await query("set balsa.commit_timeout = '50ms'; begin; select a from t");
    node.setBehind(5);
    client.send(encodeLine('Query select pg_advisory_lock(1)'));
    expect(await inVain()).toEqual([
      '  code: 57014',
      '  message: canceling statement due to balsa.commit_timeout: this node is behind: it has applied 2 of 7 entries of the log',
      '  hint: Another node may be ahead of this one.',
    ]);
  });

  it('that was waited for may be free for long', async () => {
    await start(true);
    const other = node.open();
    other.send(encodeLine('Startup {"user": "postgres", "database": "postgres"}'));
    other.send(encodeLine('Query select pg_advisory_lock(1)'));
    await other.settle();
    await query("set lock_timeout = '100ms'; begin; select a from t");
    client.send(encodeLine('Query select pg_advisory_lock(1)'));
    expect(await answer()).toEqual([]);
    node.setBehind(5);
    expect(await inVain()).toEqual([
      '  code: 55P03',
      '  message: canceling statement due to lock timeout',
      '  detail: It waited: this node is behind: it has applied 4 of 9 entries of the log.',
      '  hint: Another node may be ahead of this one.',
    ]);
    other.close();
  });
});
