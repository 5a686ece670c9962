// Real processes on a network that is cut: a leader that hears nobody, or that nobody hears, or
// neither; a follower likewise; two nodes that do not hear each other. What all clients saw must be
// strictly serializable, a leader that lost its majority must not answer from what it has, and who
// still has a majority goes on.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { showAnomalies } from '../consistency/anomaly.ts';
import { checkBank } from '../consistency/bank.ts';
import type { Attempt } from '../consistency/history.ts';
import { checkListAppend } from '../consistency/list-append.ts';
import { Cluster, pause } from './support/cluster.ts';
import { connect } from './support/load.ts';
import type { PlanMeter } from './support/plan-meter.ts';
import { bankUnderFaults, listsUnderFaults } from './support/workloads.ts';

/** Longer than an election, shorter than clients wait. */
const CUT_MS = 2000;
const BETWEEN_FAULTS = 40;
const RUN_MS_MAX = 120_000;
/** While the leader is cut off, of others and of it. */
const WRITES = 10;
const REFUSALS = 5;
const NO_MAJORITY = '57014';

let cluster: Cluster;

beforeEach(async () => {
  cluster = await Cluster.start({ hasNetwork: true });
});

afterEach(async (context) => {
  if (context.task.result?.state === 'fail') console.error(cluster.logs());
  await cluster.stop();
});

function others(id: number): number[] {
  return cluster.nodes.map((node) => node.id).filter((other) => other !== id);
}

/** Cuts, waits, heals, and lets the clients go on for a while. */
async function during(meter: PlanMeter, cut: (leader: number) => void): Promise<void> {
  cut(await cluster.waitForLeader());
  await pause(CUT_MS);
  cluster.network.heal();
  await meter.more(BETWEEN_FAULTS);
}

async function disturb(meter: PlanMeter): Promise<void> {
  const { network } = cluster;
  await meter.more(BETWEEN_FAULTS);
  await during(meter, (leader) => network.isolate(leader));
  await during(meter, (leader) => {
    for (const id of others(leader)) network.cut(leader, id);
  });
  await during(meter, (leader) => {
    for (const id of others(leader)) network.cut(id, leader);
  });
  await during(meter, (leader) => network.isolate(others(leader)[0] as number));
  await during(meter, (leader) => {
    const [first = 0] = others(leader);
    network.cut(leader, first);
    network.cut(first, leader);
  });
}

function expectTelling(what: string, attempts: readonly Attempt[]): void {
  const byStatus = Object.entries(Object.groupBy(attempts, ({ status }) => status));
  console.log(`${what}:`, ...byStatus.map(([status, all]) => `${all.length} ${status}`));
  const committed = attempts.filter(({ status }) => status === 'ok');
  expect(committed.length).toBeGreaterThan(2 * BETWEEN_FAULTS);
}

describe('transactions through all nodes of a network that is cut', () => {
  it('append to lists as if one by one', async () => {
    const history = await listsUnderFaults({ cluster, seed: 3, msMax: RUN_MS_MAX, disturb });
    expect(showAnomalies(checkListAppend(history))).toBe('');
    expectTelling('lists', history);
  });

  it('move money and neither make nor lose any', async () => {
    const history = await bankUnderFaults({ cluster, seed: 4, msMax: RUN_MS_MAX, disturb });
    expect(history.final).not.toBeNull();
    expect(showAnomalies(checkBank(history))).toBe('');
    expectTelling('bank', history.transactions);
  });
});

describe('a leader that is cut off', () => {
  it('answers no read from what it has, and the others go on', async () => {
    const leader = await cluster.waitForLeader();
    const onLeader = await connect(cluster.node(leader).port);
    const onOther = await connect(cluster.node(others(leader)[0] as number).port);
    await onOther.query('create table register (id int primary key, n int)');
    await onOther.query('insert into register values (1, 0)');
    expect((await onLeader.query('select n from register')).rows).toEqual([{ n: 0 }]);
    await onLeader.query("set balsa.commit_timeout = '300ms'");
    cluster.network.isolate(leader);
    let written = 0;
    let refused = 0;
    while (written < WRITES || refused < REFUSALS) {
      const write = onOther.query('update register set n = $1 where id = 1', [written + 1]);
      while (refused < REFUSALS) {
        // Within its lease it may still answer: until somebody else can have been elected.
        const least = written;
        const seen = await onLeader
          .query<{ n: number }>('select n from register')
          .then(({ rows }) => rows[0]?.n ?? 0)
          .catch((error: unknown) => (error as { code?: string }).code);
        if (typeof seen === 'number') {
          expect(seen).toBeGreaterThanOrEqual(least);
          break;
        }
        expect(seen).toBe(NO_MAJORITY);
        refused += 1;
      }
      await write;
      written += 1;
      await pause(20);
    }
    await onLeader.query('set balsa.read_consistency = stale');
    expect((await onLeader.query('select n from register')).rows).toHaveLength(1);
    await onLeader.query('reset balsa.read_consistency');
    cluster.network.heal();
    await cluster.waitForLeader();
    await onLeader.query("set balsa.commit_timeout = '10s'");
    expect((await onLeader.query('select n from register')).rows).toEqual([{ n: written }]);
    await onLeader.end();
    await onOther.end();
  });
});

describe('two nodes that do not hear each other', () => {
  it('leave the leader in office', async () => {
    const leader = await cluster.waitForLeader();
    const [deaf = 0, third = 0] = others(leader);
    const terms = async (): Promise<readonly string[]> => {
      const session = await connect(cluster.node(third).port);
      const { rows } = await session.query<{ term: string }>('select term from balsa_nodes');
      await session.end();
      return rows.map(({ term }) => term);
    };
    const before = await terms();
    const session = await connect(cluster.node(third).port);
    await session.query('create table t (n int)');
    cluster.network.cut(leader, deaf);
    cluster.network.cut(deaf, leader);
    const cutAt = Date.now();
    while (Date.now() - cutAt < CUT_MS) {
      await session.query('insert into t values (1)');
      await pause(20);
    }
    expect(await cluster.leader()).toBe(leader);
    cluster.network.heal();
    await cluster.waitForLeader();
    expect(await terms()).toEqual(before);
    const onDeaf = await connect(cluster.node(deaf).port);
    const counts = await Promise.all(
      [onDeaf, session].map((each) => each.query('select count(*) from t')),
    );
    expect(counts[0]?.rows).toEqual(counts[1]?.rows);
    await onDeaf.end();
    await session.end();
  });
});
