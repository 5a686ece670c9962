// A PostgreSQL of a test's own, where one is installed: in a new directory, on a free port, without
// syncs. Stop it, or it stays.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePorts } from '../e2e/support/cluster.ts';

const DEBIAN = '/usr/lib/postgresql';
const SETTINGS = `
listen_addresses = '127.0.0.1'
fsync = off
synchronous_commit = off
timezone = 'UTC'
`;

export interface Postgres {
  readonly port: number;
  readonly version: string;
  connect(): Promise<pg.Client>;
  stop(): void;
}

/** Where initdb is, or null if PostgreSQL is not installed. */
export function postgresBinaries(): string | null {
  const versions = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
    : [];
  const places = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    '/usr/local/pgsql/bin',
  ];
  return places.find((place) => existsSync(join(place, 'initdb'))) ?? null;
}

/** null if PostgreSQL is not installed. */
export async function startPostgres(): Promise<Postgres | null> {
  const binaries = postgresBinaries();
  if (binaries === null) return null;
  const root = mkdtempSync(join(tmpdir(), 'balsa-postgres-'));
  const directory = join(root, 'data');
  chmodSync(root, 0o755);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(root, idOf('-u'), idOf('-g'));
  const run = (program: string, ...options: readonly string[]): void => {
    const binary = join(binaries, program);
    // It refuses to run as root.
    const [command, all] = isRoot
      ? ['runuser', ['-u', 'postgres', '--', binary, ...options]]
      : [binary, [...options]];
    const { status, stderr } = spawnSync(command, all, {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: root,
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  };
  const [port = 0] = await freePorts(1);
  const stop = (): void => {
    if (existsSync(join(directory, 'postmaster.pid'))) {
      run('pg_ctl', 'stop', '-m', 'immediate', '-D', directory);
    }
    rmSync(root, { recursive: true, force: true });
  };
  try {
    run(
      'initdb',
      '-D',
      directory,
      '-A',
      'trust',
      '-U',
      'postgres',
      '--locale',
      'C',
      '-E',
      'UTF8',
      '-N',
    );
    appendFileSync(join(directory, 'postgresql.conf'), SETTINGS);
    const log = join(root, 'log');
    run('pg_ctl', 'start', '-w', '-D', directory, '-l', log, '-o', `-p ${port} -k ${root}`);
  } catch (error) {
    stop();
    throw error;
  }
  const version = execFileSync(join(binaries, 'postgres'), ['--version'], { encoding: 'utf8' });
  return { port, version: version.trim(), connect: () => connect(port), stop };
}

function idOf(flag: string): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  await client.connect();
  return client;
}
