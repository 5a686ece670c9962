// Records what PostgreSQL answers to the statements of test/slt/*.sql, in .expected files beside
// them. Needs PostgreSQL installed; the tests only read what was recorded.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { transcript } from '../test/slt/transcript.ts';
import { startPostgresTrio } from './bench/postgres.ts';

const DIRECTORY = resolve(import.meta.dirname, '../test/slt');

const postgres = await startPostgresTrio();
if (postgres === null) throw new Error('PostgreSQL is not installed');
try {
  for (const name of readdirSync(DIRECTORY).filter((file) => file.endsWith('.sql'))) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: postgres.port,
      user: 'postgres',
      database: 'postgres',
    });
    await client.connect();
    await client.query(`create schema s_${name.replace('.sql', '').replaceAll('-', '_')}`);
    await client.query(`set search_path = s_${name.replace('.sql', '').replaceAll('-', '_')}`);
    await client.query("set timezone = 'UTC'");
    const text = await transcript(client, readFileSync(join(DIRECTORY, name), 'utf8'));
    writeFileSync(join(DIRECTORY, name.replace('.sql', '.expected')), text);
    await client.end();
    console.log(`${name}: recorded from ${postgres.version}`);
  }
} finally {
  postgres.stop();
}
