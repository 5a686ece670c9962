// The workloads of test/consistency through all nodes of a cluster, with faults beside them. Who calls
// says which faults, and judges the history.
import { Prng } from '../../../src/util/prng.ts';
import { runBank, runListAppend } from '../../consistency/driver.ts';
import {
  bankSchema,
  connectPostgres,
  LIST_SCHEMA,
  PostgresBankClient,
  PostgresListClient,
} from '../../consistency/postgres-client.ts';
import { bankPlans, listAppendPlans } from '../../consistency/workload.ts';
import type { Cluster } from './cluster.ts';
import { connect } from './load.ts';
import { PlanMeter } from './plan-meter.ts';

const CLIENTS_PER_NODE = 2;
const KEYS = 4;
const BALANCES = Array.from({ length: 6 }, () => 20);

export interface Disturbed {
  readonly cluster: Cluster;
  /** Of the plans. */
  readonly seed: number;
  /** Bounds a run that does not come to its end by itself. */
  readonly msMax: number;
  /** The faults, driven by what the meter counts. The plans end after them. */
  readonly disturb: (meter: PlanMeter) => Promise<void>;
}

/** On the first node. */
export async function prepare(cluster: Cluster, schema: string): Promise<void> {
  const client = await connect(cluster.node(1).port);
  await client.query(schema);
  await client.end();
}

export async function listsUnderFaults(disturbed: Disturbed) {
  await prepare(disturbed.cluster, LIST_SCHEMA);
  const plans = listAppendPlans(new Prng(disturbed.seed), { transactions: Infinity, keys: KEYS });
  const meter = new PlanMeter(plans);
  return underFaults(disturbed, meter, () =>
    runListAppend({
      ...limits(disturbed),
      plans: meter,
      connect: async (process) => new PostgresListClient(await client(disturbed.cluster, process)),
    }),
  );
}

export async function bankUnderFaults(disturbed: Disturbed) {
  await prepare(disturbed.cluster, bankSchema(BALANCES));
  const accounts = BALANCES.length;
  const plans = bankPlans(new Prng(disturbed.seed), { transactions: Infinity, accounts });
  const meter = new PlanMeter(plans);
  return underFaults(disturbed, meter, () =>
    runBank({
      ...limits(disturbed),
      plans: meter,
      connect: async (process) => new PostgresBankClient(await client(disturbed.cluster, process)),
      initial: BALANCES,
      forbidsNegative: true,
    }),
  );
}

async function underFaults<History>(
  { disturb }: Disturbed,
  meter: PlanMeter,
  run: () => Promise<History>,
): Promise<History> {
  const faults = disturb(meter).finally(() => meter.end());
  const [history] = await Promise.all([run(), faults]);
  return history;
}

function limits({ cluster, msMax }: Disturbed) {
  return { processes: cluster.nodes.length * CLIENTS_PER_NODE, maxTime: msMax };
}

function client(cluster: Cluster, process: number) {
  const { port } = cluster.node((process % cluster.nodes.length) + 1);
  return connectPostgres({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
}
