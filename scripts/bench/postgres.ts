// PostgreSQL with two synchronous standbys (ANY 1) on this machine, as the peer to measure against:
// like a BalsaDB cluster of three, a commit is on two disks before it is acknowledged.
import { freePorts } from '../../test/e2e/support/cluster.ts';
import { PostgresInstallation } from '../../test/support/postgres-installation.ts';

export interface PostgresTrio {
  readonly port: number;
  readonly version: string;
  stop(): void;
}

const PRIMARY = 'primary';
const STANDBYS = ['standby1', 'standby2'];
const SETTINGS = `
listen_addresses = '127.0.0.1'
max_connections = 200
wal_level = replica
`;
const SYNCHRONOUS = `
synchronous_standby_names = 'ANY 1 (${STANDBYS.join(', ')})'
synchronous_commit = on
`;

/** null if PostgreSQL is not installed. */
export async function startPostgresTrio(): Promise<PostgresTrio | null> {
  const installation = PostgresInstallation.find();
  if (installation === null) return null;
  const [port = 0, ...standbyPorts] = await freePorts(1 + STANDBYS.length);
  const stop = (): void => installation.remove();
  try {
    installation.initialize(PRIMARY, SETTINGS);
    installation.start(PRIMARY, port);
    for (const [at, name] of STANDBYS.entries()) {
      addStandby(installation, name, standbyPorts[at] as number, port);
    }
    installation.configure(PRIMARY, SYNCHRONOUS);
    installation.run('pg_ctl', 'reload', '-D', installation.directory(PRIMARY));
  } catch (error) {
    stop();
    throw error;
  }
  return { port, version: installation.version, stop };
}

function addStandby(
  installation: PostgresInstallation,
  name: string,
  port: number,
  primaryPort: number,
): void {
  const source = ['-h', '127.0.0.1', '-p', String(primaryPort), '-U', 'postgres'];
  const target = ['-D', installation.directory(name), '-R', '-c', 'fast', '-X', 'stream'];
  installation.run('pg_basebackup', ...source, ...target);
  const info = `host=127.0.0.1 port=${primaryPort} user=postgres application_name=${name}`;
  installation.configure(name, `primary_conninfo = '${info}'`, 'postgresql.auto.conf');
  installation.start(name, port);
}
