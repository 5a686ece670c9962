// Interactive transactions on real processes, through all nodes at once, while the leader is killed
// and stopped: the histories must be strictly serializable (test/consistency), and a transaction
// that is open on a living node outlives the leader.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { showAnomalies } from '../consistency/anomaly.ts';
import { checkBank } from '../consistency/bank.ts';
import type { Attempt } from '../consistency/history.ts';
import { checkListAppend } from '../consistency/list-append.ts';
import { Cluster, pause } from './support/cluster.ts';
import { connect } from './support/load.ts';
import type { PlanMeter } from './support/plan-meter.ts';
import { bankUnderFaults, listsUnderFaults, prepare } from './support/workloads.ts';

const STOPPED_MS = 2500;
/** Transactions begun between two faults. */
const BETWEEN_FAULTS = 60;
/** Bounds a run that does not come to its end by itself. */
const RUN_MS_MAX = 90_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start();
});

afterEach((context) => {
  if (context.task.result?.state === 'fail') console.error(cluster.logs());
});

afterAll(() => cluster.stop());

/** The leader dies and comes back; later it stands still for a while. The plans end after that. */
async function disturb(meter: PlanMeter): Promise<void> {
  await meter.more(BETWEEN_FAULTS);
  const killed = await cluster.waitForLeader();
  await cluster.kill(killed, 'SIGKILL');
  await meter.more(BETWEEN_FAULTS);
  cluster.restart(killed);
  const stopped = await cluster.waitForLeader();
  await meter.more(BETWEEN_FAULTS);
  await cluster.kill(stopped, 'SIGSTOP');
  await pause(STOPPED_MS);
  await cluster.kill(stopped, 'SIGCONT');
  await meter.more(BETWEEN_FAULTS);
}

/** Were there transactions of every kind? A run without conflicts proves little. */
function expectTelling(what: string, attempts: readonly Attempt[]): void {
  const count = (is: (attempt: Attempt) => boolean): number => attempts.filter(is).length;
  const committed = count(({ status }) => status === 'ok');
  const conflicts = count(({ error }) => error?.includes('could not serialize') === true);
  const unknown = count(({ status }) => status === 'info');
  console.log(
    `${what}: ${committed} committed, ${conflicts} conflicts, ${unknown} unknown of ${attempts.length}`,
  );
  expect(committed).toBeGreaterThan(BETWEEN_FAULTS);
  expect(conflicts).toBeGreaterThan(0);
}

describe('transactions through all nodes, under faults of the leader', () => {
  it('append to lists as if one by one', async () => {
    const history = await listsUnderFaults({ cluster, seed: 1, msMax: RUN_MS_MAX, disturb });
    expect(showAnomalies(checkListAppend(history))).toBe('');
    expectTelling('lists', history);
  });

  it('move money and neither make nor lose any', async () => {
    const history = await bankUnderFaults({ cluster, seed: 2, msMax: RUN_MS_MAX, disturb });
    expect(history.final).not.toBeNull();
    expect(showAnomalies(checkBank(history))).toBe('');
    expectTelling('bank', history.transactions);
  });
});

describe('a transaction that is open when the leader is killed', () => {
  it('goes on and commits, on every node that lives', async () => {
    await prepare(cluster, 'create table t (k int primary key, n int not null)');
    await prepare(cluster, 'insert into t values (1, 0)');
    const leader = await cluster.waitForLeader();
    const living = cluster.nodes.filter(({ id }) => id !== leader);
    const clients = await Promise.all(living.map(({ port }) => connect(port)));
    for (const [at, client] of clients.entries()) {
      await client.query('begin');
      await client.query('insert into t values ($1, 0)', [10 + at]);
      await client.query('update t set n = n + 1 where k = 1');
    }
    await cluster.kill(leader, 'SIGKILL');
    for (const [at, client] of clients.entries()) {
      // On its own node, with no leader: what the transaction wrote is there.
      const { rows } = await client.query('select n from t where k = $1', [10 + at]);
      expect(rows).toEqual([{ n: 0 }]);
      await client.query('update t set n = n + 1 where k = 1');
    }
    const commits = await Promise.all(clients.map((client) => client.query('commit')));
    expect(commits.map(({ command }) => command)).toEqual(['COMMIT', 'COMMIT']);
    cluster.restart(leader);
    await cluster.waitForLeader();
    for (const { port } of cluster.nodes) {
      const reader = await connect(port);
      expect((await reader.query('select k, n from t order by k')).rows).toEqual([
        { k: 1, n: 4 },
        { k: 10, n: 0 },
        { k: 11, n: 0 },
      ]);
      await reader.end();
    }
    await Promise.all(clients.map((client) => client.end()));
  });

  it('commits once when the commit was on its way', async () => {
    await prepare(cluster, 'create table once (n int not null)');
    await prepare(cluster, 'insert into once values (0)');
    const leader = await cluster.waitForLeader();
    const [follower] = cluster.nodes.filter(({ id }) => id !== leader);
    const client = await connect(follower?.port ?? 0);
    await client.query('begin');
    await client.query('update once set n = n + 1');
    // The leader gets it or not, in a state that cannot answer.
    await cluster.kill(leader, 'SIGSTOP');
    const commit = client.query('commit');
    await pause(100);
    await cluster.kill(leader, 'SIGKILL');
    expect((await commit).command).toBe('COMMIT');
    expect((await client.query('select n from once')).rows).toEqual([{ n: 1 }]);
    await client.end();
    cluster.restart(leader);
  });
});
