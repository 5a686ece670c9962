// pg_dump as a child process.
import { spawn, spawnSync } from 'node:child_process';

/** Major version of the pg_dump that is installed, null if none is. */
export const PG_DUMP_VERSION = installedVersion();

function installedVersion(): number | null {
  const { stdout } = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
  const major = /(\d+)/.exec(stdout ?? '')?.[1];
  return major === undefined ? null : Number(major);
}

/** Of the whole database, as it is read by psql. Rejects with what pg_dump complains of. */
export function pgDump(port: number, ...options: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    const connection = `host=127.0.0.1 port=${port} user=postgres dbname=postgres`;
    const child = spawn('pg_dump', ['-d', connection, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    child.on('error', fail).on('close', (status) => {
      if (status === 0 && stderr === '') done(stdout);
      else fail(new Error(`pg_dump: ${stderr}`));
    });
  });
}

/** Without what is another in every dump: the version of the server, and a random word. */
export function comparable(dump: string): string {
  return dump
    .split('\n')
    .filter((line) => !/^-- Dumped from|^\\(un)?restrict /.test(line))
    .join('\n');
}
