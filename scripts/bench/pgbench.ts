// Runs pgbench once and reads what it reports.
import { execFile } from 'node:child_process';

export interface PgbenchRun {
  readonly host: string;
  readonly port: number;
  readonly scriptFile: string;
  readonly clients: number;
  readonly seconds: number;
}

export interface PgbenchResult {
  readonly perSecond: number;
  readonly latencyMs: number;
}

export function pgbench(run: PgbenchRun): Promise<PgbenchResult> {
  const options = [
    ...['-h', run.host, '-p', String(run.port), '-U', 'postgres'],
    ...['-n', '-M', 'prepared', '-f', run.scriptFile],
    ...['-c', String(run.clients), '-j', '1', '-T', String(run.seconds), 'postgres'],
  ];
  return new Promise((resolve, reject) => {
    execFile('pgbench', options, (error, stdout, stderr) => {
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
