// A PostgreSQL of a test's own, where one is installed: in a new directory, on a free port, without
// syncs. Stop it, or it stays.
import pg from 'pg';
import { freePorts } from '../e2e/support/cluster.ts';
import { PostgresInstallation } from './postgres-installation.ts';

const SERVER = 'data';
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

/** null if PostgreSQL is not installed. */
export async function startPostgres(): Promise<Postgres | null> {
  const installation = PostgresInstallation.find();
  if (installation === null) return null;
  const [port = 0] = await freePorts(1);
  const stop = (): void => installation.remove();
  try {
    installation.initialize(SERVER, SETTINGS);
    installation.start(SERVER, port);
  } catch (error) {
    stop();
    throw error;
  }
  return { port, version: installation.version, connect: () => connect(port), stop };
}

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
  await client.connect();
  return client;
}
