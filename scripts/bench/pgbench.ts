// Runs pgbench and reads what it reports.
import { execFile, execFileSync } from 'node:child_process';

export interface PgbenchRun {
  readonly host: string;
  readonly port: number;
  /** Options that say what to run: `-f FILE`, or `-b` and the name of one of pgbench's own. */
  readonly script: readonly string[];
  readonly clients: number;
  readonly seconds: number;
  /** Of the transactions; absent: what the server has as its default. */
  readonly isolation?: string | undefined;
}

export interface PgbenchResult {
  readonly perSecond: number;
  readonly latencyMs: number;
}

/** pgbench's tables at scale 1, as it makes and fills them itself. */
export function initializePgbench(host: string, port: number): void {
  const options = ['-i', '-q', '-h', host, '-p', String(port), '-U', 'postgres', 'postgres'];
  execFileSync('pgbench', options, { stdio: 'pipe' });
}

export function pgbench(run: PgbenchRun): Promise<PgbenchResult> {
  const options = [
    ...['-h', run.host, '-p', String(run.port), '-U', 'postgres'],
    ...['-n', '-M', 'prepared', '--max-tries=20', ...run.script],
    ...['-c', String(run.clients), '-j', '1', '-T', String(run.seconds), 'postgres'],
  ];
  return new Promise((resolve, reject) => {
    const env = run.isolation === undefined ? process.env : withIsolation(run.isolation);
    execFile('pgbench', options, { env }, (error, stdout, stderr) => {
      const perSecond = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
      const latency = /^latency average = ([\d.]+)/m.exec(stdout)?.[1];
      if (error !== null || perSecond === undefined || latency === undefined) {
        reject(new Error(`pgbench failed: ${stderr.trim() || error?.message}`));
      } else {
        resolve({ perSecond: Number(perSecond), latencyMs: Number(latency) });
      }
    });
  });
}

function withIsolation(isolation: string): NodeJS.ProcessEnv {
  const escaped = isolation.replaceAll(' ', '\\ ');
  return { ...process.env, PGOPTIONS: `-c default_transaction_isolation=${escaped}` };
}
