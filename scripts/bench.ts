// pgbench against three nodes of BalsaDB and, where it is installed, PostgreSQL with two
// synchronous standbys in the same run on the same disk: an upsert by key and a read by key.
// Figures of different machines, or of different hours of a shared one, do not compare; ratios do.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { formatTable } from '../src/cli/table.ts';
import { Cluster, freePorts } from '../test/e2e/support/cluster.ts';
import { measureBareNodes } from './bench/bare-nodes.ts';
import type { BareThreads } from './bench/bare-nodes.ts';
import { initializePgbench, pgbench } from './bench/pgbench.ts';
import { startPostgresTrio } from './bench/postgres.ts';
import { microsEach, threadTimes } from './bench/thread-times.ts';
import type { ThreadTimes } from './bench/thread-times.ts';

const HOST = '127.0.0.1';
const KEYS = 10_000;

interface Workload {
  readonly name: string;
  /** A script, or the name of one of pgbench's own. */
  readonly script: string;
  readonly isOwn?: boolean;
  /** PostgreSQL's default is read committed, ours is serializable. */
  readonly isolation?: string;
  readonly clients: readonly number[];
}

const WORKLOADS: readonly Workload[] = [
  {
    name: 'upsert by key',
    script: `\\set k random(1, ${KEYS})
\\set v random(1, 1000000000)
insert into bench (k, v) values (:k, :v) on conflict (k) do update set v = excluded.v;
`,
    clients: [1, 8, 32, 64],
  },
  {
    name: 'read by key',
    script: `\\set k random(1, ${KEYS})
select v from bench where k = :k;
`,
    clients: [1, 32],
  },
  // TPC-B: five statements between BEGIN and COMMIT, all on one row of pgbench_branches.
  { name: 'transaction, tpcb-like', script: 'tpcb-like', isOwn: true, clients: [1, 8, 32] },
  {
    name: 'transaction, tpcb-like, read committed',
    script: 'tpcb-like',
    isOwn: true,
    isolation: 'read committed',
    clients: [1, 8, 32],
  },
  { name: 'transaction, simple-update', script: 'simple-update', isOwn: true, clients: [1, 8, 32] },
  { name: 'select-only', script: 'select-only', isOwn: true, clients: [1, 32] },
];

/** Rows of the bulk loads. */
const LOADED_ROWS = 1_000_000;
const ROWS_OF_INSERT = 1000;

const LOADS = [
  {
    name: 'COPY',
    write: (file: string): void =>
      writeFileSync(
        file,
        `begin;
copy load from stdin;
${lines((k) => `${k}\trow ${k}\n`)}\\.
commit;
`,
      ),
  },
  {
    name: `INSERT of ${ROWS_OF_INSERT} rows each`,
    write: (file: string): void =>
      writeFileSync(
        file,
        `begin;
${lines((k) => `${k % ROWS_OF_INSERT === 1 ? 'insert into load values ' : ','}(${k},'row ${k}')${k % ROWS_OF_INSERT === 0 ? ';\n' : ''}`)}commit;
`,
      ),
  },
] as const;

function lines(line: (k: number) => string): string {
  const found: string[] = [];
  for (let k = 1; k <= LOADED_ROWS; k++) found.push(line(k));
  return found.join('');
}

interface Target {
  readonly name: string;
  readonly port: number;
  /** Of the nodes whose threads can be looked at, the leader first. */
  readonly processIds: readonly number[];
}

const options = new Command('bench')
  .usage('[-- options]')
  .option('--seconds <number>', 'length of one measurement', Number, 5)
  .option('--rounds <number>', 'measurements of each kind; the median counts', Number, 3)
  .option('--only <text>', 'only workloads whose name contains this')
  .option('--no-postgres', 'leave PostgreSQL out')
  .option('--warm-up <number>', 'seconds before the first measurement of a workload', Number, 5)
  .option('--threads', 'show the processor time of each thread of BalsaDB (Linux)')
  .parse()
  .opts<{
    seconds: number;
    rounds: number;
    only?: string;
    postgres: boolean;
    warmUp: number;
    threads?: boolean;
  }>();

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function psql(port: number, ...statements: readonly string[]): void {
  const commands = statements.flatMap((statement) => ['-c', statement]);
  execFileSync('psql', [
    '-h',
    HOST,
    '-p',
    String(port),
    '-U',
    'postgres',
    '-qX',
    ...commands,
    'postgres',
  ]);
}

function prepare(target: Target): void {
  psql(
    target.port,
    'create table bench (k int primary key, v int not null)',
    `insert into bench select g, g from generate_series(1, ${KEYS}) g`,
  );
  initializePgbench(HOST, target.port);
}

async function measure(targets: readonly Target[], directory: string): Promise<string[][]> {
  const rows: string[][] = [];
  for (const workload of WORKLOADS) {
    if (options.only !== undefined && !workload.name.includes(options.only)) continue;
    const scriptFile = join(directory, 'script.sql');
    if (workload.isOwn !== true) writeFileSync(scriptFile, workload.script);
    const script = workload.isOwn === true ? ['-b', workload.script] : ['-f', scriptFile];
    const { isolation } = workload;
    for (const target of targets) await warmUp(target, script, isolation);
    for (const clients of workload.clients) {
      const rates = new Map<string, number[]>();
      for (let round = 0; round < options.rounds; round++) {
        for (const target of targets) {
          process.stderr.write(`${workload.name}, ${clients} clients, ${target.name} ...\n`);
          const { seconds } = options;
          const before = target.processIds.map(threadTimes);
          const result = await pgbench({
            host: HOST,
            port: target.port,
            script,
            clients,
            seconds,
            isolation,
          });
          if (options.threads === true) {
            showThreads(target, before, result.perSecond * seconds);
          }
          rates.set(target.name, [...(rates.get(target.name) ?? []), result.perSecond]);
        }
      }
      const medians = targets.map((target) => median(rates.get(target.name) ?? []));
      rows.push(row(workload.name, clients, medians));
    }
  }
  return rows;
}

/** Code that runs often is compiled only after a while; caches fill. */
async function warmUp(
  { name, port }: Target,
  script: readonly string[],
  isolation: string | undefined,
): Promise<void> {
  if (options.warmUp <= 0) return;
  process.stderr.write(`warming up, ${name} ...\n`);
  await pgbench({ host: HOST, port, script, clients: 8, seconds: options.warmUp, isolation });
}

/** What no database of three Node processes can beat here. */
async function measureBare(directory: string): Promise<string[][]> {
  const name = 'bare write';
  if (options.only !== undefined && !name.includes(options.only)) return [];
  const rows: string[][] = [];
  const kinds: readonly BareThreads[] = ['single', 'handed over'];
  for (const threads of kinds) {
    const rates: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      process.stderr.write(`bare write, ${threads} ...\n`);
      const ports = await freePorts(3);
      rates.push(await measureBareNodes(threads, directory, ports, options.seconds));
    }
    const label = threads === 'single' ? 'one thread' : 'three threads on the leader';
    const rate = median(rates);
    rows.push([label, rate.toFixed(0), (1000 / rate).toFixed(2)]);
  }
  return rows;
}

/** Seconds for a million rows in one transaction, each way. */
function measureLoads(targets: readonly Target[], directory: string): string[][] {
  if (options.only !== undefined && !'bulk load'.includes(options.only)) return [];
  const file = join(directory, 'load.sql');
  return LOADS.map(({ name, write }) => {
    write(file);
    const seconds = targets.map((target) => {
      process.stderr.write(`bulk load by ${name}, ${target.name} ...\n`);
      psql(
        target.port,
        'drop table if exists load',
        'create table load (k int primary key, v text)',
      );
      const start = performance.now();
      execFileSync('psql', [
        '-h',
        HOST,
        '-p',
        String(target.port),
        '-U',
        'postgres',
        '-qX',
        '-v',
        'ON_ERROR_STOP=1',
        '-f',
        file,
        'postgres',
      ]);
      return (performance.now() - start) / 1000;
    });
    const [balsa = Number.NaN, other] = seconds;
    const ratio = other === undefined ? [] : [other.toFixed(1), (balsa / other).toFixed(2)];
    return [`1,000,000 rows by ${name}`, balsa.toFixed(1), ...ratio];
  });
}

function showThreads(target: Target, before: readonly ThreadTimes[], statements: number): void {
  for (const [at, processId] of target.processIds.entries()) {
    const spent = microsEach(before[at] ?? new Map(), threadTimes(processId), statements);
    const cells = spent.map(([name, micros]) => `${name} ${micros.toFixed(0)}`);
    const node = at === 0 ? 'leader' : 'follower';
    process.stderr.write(`  ${node}, us a statement: ${cells.join(', ')}\n`);
  }
}

function row(name: string, clients: number, medians: readonly number[]): string[] {
  const [balsa = Number.NaN, postgres] = medians;
  const cells = [name, String(clients), balsa.toFixed(0), ((clients / balsa) * 1000).toFixed(2)];
  if (postgres === undefined) return cells;
  return [...cells, postgres.toFixed(0), (balsa / postgres).toFixed(2)];
}

const directory = mkdtempSync(join(tmpdir(), 'balsa-bench-'));
const postgres = options.postgres ? await startPostgresTrio() : null;
if (postgres === null)
  process.stderr.write('PostgreSQL is left out (not installed, or --no-postgres).\n');
const cluster = await Cluster.start();
try {
  const leader = await cluster.waitForLeader();
  const leaderFirst = [...cluster.nodes].sort(
    (a, b) => Number(b.id === leader) - Number(a.id === leader),
  );
  const processIds = leaderFirst.map((node) => node.process.pid ?? 0);
  const targets: Target[] = [{ name: 'BalsaDB', port: cluster.node(leader).port, processIds }];
  if (postgres !== null) {
    targets.push({ name: 'PostgreSQL', port: postgres.port, processIds: [] });
  }
  for (const target of targets) prepare(target);
  const rows = await measure(targets, directory);
  const columns = ['workload', 'clients', 'BalsaDB/s', 'ms'];
  if (postgres !== null) columns.push('PostgreSQL/s', 'ratio');
  console.log(
    `\npgbench -M prepared, median of ${options.rounds} x ${options.seconds} s; three nodes, clients on the leader` +
      (postgres === null ? '' : `; ${postgres.version}, two standbys, ANY 1`) +
      '\n',
  );
  if (rows.length > 0) console.log(formatTable(columns, rows));
  const bare = await measureBare(directory);
  if (bare.length > 0) {
    console.log(`\n${formatTable(['bare write, 1 client', 'writes/s', 'ms'], bare)}`);
  }
  const loads = measureLoads(targets, directory);
  if (loads.length > 0) {
    const titles = ['bulk load, one transaction', 'BalsaDB s'];
    if (postgres !== null) titles.push('PostgreSQL s', 'ratio');
    console.log(`\n${formatTable(titles, loads)}`);
  }
} finally {
  await cluster.stop();
  postgres?.stop();
  rmSync(directory, { recursive: true, force: true });
}
