// Runs the workloads of test/consistency against a server that is running, and judges what it did.
// `node scripts/consistency.ts --port 5432,5433,5434 --user postgres --seconds 20`
// It creates the tables lists, accounts and ledger: give it a database of its own.
import { Command, Option } from 'commander';
import { Prng } from '../src/util/prng.ts';
import { showAnomalies } from '../test/consistency/anomaly.ts';
import type { Anomaly } from '../test/consistency/anomaly.ts';
import { checkBank } from '../test/consistency/bank.ts';
import { runBank, runBatches, runListAppend } from '../test/consistency/driver.ts';
import type { Attempt } from '../test/consistency/history.ts';
import { checkListAppend } from '../test/consistency/list-append.ts';
import {
  bankSchema,
  connectPostgres,
  LIST_SCHEMA,
  PostgresBankClient,
  PostgresBatchClient,
  PostgresListClient,
} from '../test/consistency/postgres-client.ts';
import { bankPlans, listAppendPlans } from '../test/consistency/workload.ts';
import type { Isolation } from '../test/consistency/workload.ts';

type Workload = 'lists' | 'batches' | 'bank';

const INITIAL = Array.from({ length: 8 }, () => 20);

const options = new Command('consistency')
  .option('--host <name>', 'of the server', '127.0.0.1')
  .option('--port <numbers>', 'one or more, with commas; clients take turns', '5432')
  .option('--user <name>', '', 'postgres')
  .option('--database <name>', '', 'postgres')
  .addOption(
    new Option('--workload <name>', 'batches: a transaction is one query string')
      .choices(['lists', 'batches', 'bank'])
      .default('lists'),
  )
  .addOption(
    new Option('--isolation <level>', "the server's default if not given").choices([
      'read committed',
      'repeatable read',
      'serializable',
    ]),
  )
  .option('--transactions <number>', 'at most', Number, 2000)
  .option('--seconds <number>', 'at most', Number, 60)
  .option('--processes <number>', 'clients at a time', Number, 8)
  .option('--keys <number>', 'lists in use at a time', Number, 5)
  .option('--seed <number>', 'of the plans', Number, 1)
  .option('--reset', 'drop the tables of an earlier run')
  .parse()
  .opts<{
    host: string;
    port: string;
    user: string;
    database: string;
    workload: Workload;
    isolation?: Isolation;
    transactions: number;
    seconds: number;
    processes: number;
    keys: number;
    seed: number;
    reset?: true;
  }>();

const { host, user, database, workload, transactions, keys, processes } = options;
const ports = options.port.split(',').map(Number);

function connect(process: number) {
  return connectPostgres({ host, user, database, port: ports[process % ports.length] as number });
}

/** A query string has no BEGIN to name the level at. */
async function connectBatches(process: number): Promise<PostgresBatchClient> {
  const client = await connect(process);
  if (options.isolation !== undefined)
    await client.query(`set default_transaction_isolation = '${options.isolation}'`);
  return new PostgresBatchClient(client);
}

async function prepare(): Promise<void> {
  const client = await connect(0);
  const tables = workload === 'bank' ? 'accounts, ledger' : 'lists';
  if (options.reset) await client.query(`drop table if exists ${tables}`);
  await client.query(workload === 'bank' ? bankSchema(INITIAL) : LIST_SCHEMA);
  await client.end();
}

async function run(): Promise<{ attempts: readonly Attempt[]; anomalies: Anomaly[] }> {
  const prng = new Prng(options.seed);
  const { isolation } = options;
  const limits = { processes, maxTime: options.seconds * 1000 };
  const level = isolation === undefined ? {} : { isolation };
  if (workload === 'bank') {
    const history = await runBank({
      ...limits,
      ...level,
      connect: async (process) => new PostgresBankClient(await connect(process)),
      plans: bankPlans(prng, { transactions, accounts: INITIAL.length }),
      initial: INITIAL,
      forbidsNegative: true,
    });
    if (history.final === null) console.log('the last state could not be read');
    return { attempts: history.transactions, anomalies: checkBank(history) };
  }
  const plans = listAppendPlans(prng, { transactions, keys });
  const history =
    workload === 'lists'
      ? await runListAppend({
          ...limits,
          ...level,
          plans,
          connect: async (process) => new PostgresListClient(await connect(process)),
        })
      : await runBatches({
          ...limits,
          plans,
          connect: connectBatches,
        });
  return { attempts: history, anomalies: checkListAppend(history) };
}

await prepare();
const start = Date.now();
const { attempts, anomalies } = await run();
const byStatus = Object.entries(Object.groupBy(attempts, ({ status }) => status));
const counts = byStatus.map(([status, all]) => `${all.length} ${status}`).join(', ');
console.log(`${attempts.length} transactions in ${(Date.now() - start) / 1000} s: ${counts}`);
for (const [error, all] of Map.groupBy(
  attempts.filter((attempt) => attempt.error !== undefined),
  (attempt) => `${attempt.status}: ${attempt.error}`,
))
  console.log(`  ${all.length} ${error}`);
console.log(anomalies.length === 0 ? 'no anomalies' : showAnomalies(anomalies));
process.exitCode = anomalies.length === 0 ? 0 : 1;
