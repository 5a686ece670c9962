// PostgreSQL with two synchronous standbys (ANY 1) on this machine, as the peer to measure against:
// like a BalsaDB cluster of three, a commit is on two disks before it is acknowledged.
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
import { freePorts } from '../../test/e2e/support/cluster.ts';

export interface PostgresTrio {
  readonly port: number;
  readonly version: string;
  stop(): void;
}

/** Where initdb is, or null if PostgreSQL is not installed. */
function binaryDirectory(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : [];
  const places = [
    ...versions.map((version) => join(debian, version, 'bin')),
    '/usr/local/pgsql/bin',
  ];
  return places.find((place) => existsSync(join(place, 'initdb'))) ?? null;
}

export async function startPostgresTrio(): Promise<PostgresTrio | null> {
  const binaries = binaryDirectory();
  if (binaries === null) return null;
  const isRoot = process.getuid?.() === 0;
  const root = mkdtempSync(join(tmpdir(), 'balsa-bench-postgres-'));
  chmodSync(root, 0o755);
  if (isRoot) {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chownSync(root, id('-u'), id('-g'));
  }
  const run = (program: string, ...options: readonly string[]): void => {
    const binary = join(binaries, program);
    // PostgreSQL refuses to run as root.
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
  const ports = await freePorts(3);
  const directory = (position: number): string => join(root, `pg-${position}`);
  const start = (position: number): void =>
    run(
      ...(['pg_ctl', 'start', '-w', '-D', directory(position)] as const),
      ...['-l', join(root, `pg-${position}.log`), '-o', `-p ${ports[position]} -k ${root}`],
    );
  const stop = (): void => {
    for (const position of [0, 1, 2]) {
      if (!existsSync(join(directory(position), 'postmaster.pid'))) continue;
      run('pg_ctl', 'stop', '-m', 'immediate', '-D', directory(position));
    }
    rmSync(root, { recursive: true, force: true });
  };
  try {
    run(
      'initdb',
      '-D',
      directory(0),
      '-A',
      'trust',
      '-U',
      'postgres',
      '--locale',
      'C',
      '-E',
      'UTF8',
    );
    appendFileSync(
      join(directory(0), 'postgresql.conf'),
      "\nlisten_addresses = '127.0.0.1'\nmax_connections = 200\nwal_level = replica\n",
    );
    start(0);
    for (const position of [1, 2]) {
      run(
        ...([
          'pg_basebackup',
          '-h',
          '127.0.0.1',
          '-p',
          String(ports[0]),
          '-U',
          'postgres',
        ] as const),
        ...['-D', directory(position), '-R', '-c', 'fast', '-X', 'stream'],
      );
      appendFileSync(
        join(directory(position), 'postgresql.auto.conf'),
        `\nprimary_conninfo = 'host=127.0.0.1 port=${ports[0]} user=postgres application_name=s${position}'\n`,
      );
      start(position);
    }
    appendFileSync(
      join(directory(0), 'postgresql.conf'),
      "\nsynchronous_standby_names = 'ANY 1 (s1, s2)'\nsynchronous_commit = on\n",
    );
    run('pg_ctl', 'reload', '-D', directory(0));
  } catch (error) {
    stop();
    throw error;
  }
  const version = execFileSync(join(binaries, 'postgres'), ['--version'], { encoding: 'utf8' });
  return { port: ports[0] as number, version: version.trim(), stop };
}
