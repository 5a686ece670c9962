// Records what PostgreSQL answers to the scripts of test/protocol/recordings: rewrites what stands
// below their rules. Needs a running server (PGHOST, PGPORT, PGUSER) that trusts its clients; makes
// and drops a database of its own. Arguments: names of scripts, none for all.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import pg from 'pg';
import type { WireConnection } from '../test/support/wire/connection.ts';
import { SocketConnection } from '../test/support/wire/socket-connection.ts';
import {
  formatWireScript,
  readWireScript,
  runWireScript,
} from '../test/support/wire/wire-script.ts';

const DIRECTORY = resolve(import.meta.dirname, '../test/protocol/recordings');
const DATABASE = 'balsa_wire';
const host = process.env['PGHOST'] ?? '127.0.0.1';
const port = Number(process.env['PGPORT'] ?? 5432);

const open = (): Promise<WireConnection> => SocketConnection.open(port, 'quiet', host);

const admin = new pg.Client({ database: 'postgres', user: 'postgres', host, port });
await admin.connect();
const names = process.argv.slice(2).map((name) => basename(name));
const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.wire'));
for (const name of files.filter((file) => names.length === 0 || names.includes(file))) {
  await admin.query(`drop database if exists ${DATABASE} with (force)`);
  await admin.query(`create database ${DATABASE}`);
  const file = join(DIRECTORY, name);
  const steps = readWireScript(readFileSync(file, 'utf8'));
  const answered = await runWireScript({ database: DATABASE, open }, steps);
  writeFileSync(file, formatWireScript(answered));
  console.log(`${name}: ${answered.length} steps`);
}
await admin.query(`drop database if exists ${DATABASE} with (force)`);
await admin.end();
