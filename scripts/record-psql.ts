// Records what psql prints for the scripts of test/e2e/psql on PostgreSQL: rewrites what stands below
// their rules. Needs a running server (PGHOST, PGPORT, PGUSER) that trusts its clients; makes and
// drops a database of its own.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { runPsqlScript } from '../test/e2e/support/psql.ts';
import { formatWireScript, readWireScript } from '../test/support/wire/wire-script.ts';

const DIRECTORY = resolve(import.meta.dirname, '../test/e2e/psql');
const DATABASE = 'balsa_psql';

const host = process.env['PGHOST'] ?? '127.0.0.1';
const port = Number(process.env['PGPORT'] ?? 5432);
const admin = new pg.Client({ database: 'postgres', user: 'postgres', host, port });
await admin.connect();
for (const name of readdirSync(DIRECTORY).filter((file) => file.endsWith('.psql'))) {
  await admin.query(`drop database if exists ${DATABASE}`);
  await admin.query(`create database ${DATABASE}`);
  const file = join(DIRECTORY, name);
  const steps = readWireScript(readFileSync(file, 'utf8'));
  const connection = `host=${host} port=${port} user=postgres dbname=${DATABASE}`;
  writeFileSync(file, formatWireScript(await runPsqlScript(connection, steps)));
  console.log(`${name}: ${steps.length} steps`);
}
await admin.query(`drop database if exists ${DATABASE}`);
await admin.end();
