// The programs of a PostgreSQL that is installed on this machine, and a place where they may write:
// none of them runs as root.
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

const DEBIAN = '/usr/lib/postgresql';
const USER = 'postgres';

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

/** Servers in one new directory, which remove() ends. */
export class PostgresInstallation {
  readonly #binaries: string;
  readonly #isRoot = process.getuid?.() === 0;
  readonly #root = mkdtempSync(join(tmpdir(), 'balsa-postgres-'));
  readonly #servers: string[] = [];

  private constructor(binaries: string) {
    this.#binaries = binaries;
    chmodSync(this.#root, 0o755);
    if (this.#isRoot) chownSync(this.#root, idOf('-u'), idOf('-g'));
  }

  /** null if PostgreSQL is not installed. */
  static find(): PostgresInstallation | null {
    const binaries = postgresBinaries();
    return binaries === null ? null : new PostgresInstallation(binaries);
  }

  get version(): string {
    const binary = join(this.#binaries, 'postgres');
    return execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  }

  /** Of the server with this name, whether it is there or not. */
  directory(server: string): string {
    return join(this.#root, server);
  }

  /** Runs a program to its end. Throws if it fails. */
  run(program: string, ...options: readonly string[]): void {
    const binary = join(this.#binaries, program);
    const [command, all] = this.#isRoot
      ? ['runuser', ['-u', USER, '--', binary, ...options]]
      : [binary, [...options]];
    const { status, stderr } = spawnSync(command, all, {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: this.#root,
    });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  }

  /** A new database directory with these lines in its configuration. */
  initialize(server: string, settings: string): void {
    const directory = this.directory(server);
    const locale = ['--locale', 'C', '-E', 'UTF8'];
    this.run('initdb', '-D', directory, '-A', 'trust', '-U', USER, ...locale, '-N');
    this.configure(server, settings);
  }

  configure(server: string, settings: string, file = 'postgresql.conf'): void {
    appendFileSync(join(this.directory(server), file), `\n${settings}\n`);
  }

  start(server: string, port: number): void {
    const directory = this.directory(server);
    this.#servers.push(directory);
    const options = ['-l', `${directory}.log`, '-o', `-p ${port} -k ${this.#root}`];
    this.run('pg_ctl', 'start', '-w', '-D', directory, ...options);
  }

  /** Ends the servers, and removes all that they wrote. */
  remove(): void {
    for (const directory of this.#servers.splice(0)) {
      if (existsSync(join(directory, 'postmaster.pid'))) {
        this.run('pg_ctl', 'stop', '-m', 'immediate', '-D', directory);
      }
    }
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function idOf(flag: string): number {
  return Number(execFileSync('id', [flag, USER], { encoding: 'utf8' }));
}
