// Records what PostgreSQL 15 answers to the scripts in test/oracle/ddl: rewrites their expected
// parts. Needs a server: PGHOST, PGPORT, PGUSER; makes and drops a database of its own.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { formatGolden, formatMessage, readGolden } from './golden-script.ts';
import { describeTable } from './describe-table.ts';

const DIRECTORY = join(import.meta.dirname, '../oracle/ddl');

interface Notice {
  readonly code: string;
  readonly message: string;
  readonly position?: string;
  readonly detail?: string;
  readonly hint?: string;
}

async function runSql(client: pg.Client, sql: string): Promise<string> {
  const out: string[] = [];
  const onNotice = (notice: unknown): void => {
    const { code, message, detail } = notice as Notice;
    out.push(formatMessage('NOTICE', { code, message, detail }));
  };
  client.on('notice', onNotice);
  try {
    const result = await client.query(sql);
    out.push(...[result].flat().map(({ command }) => command));
  } catch (error) {
    const { code, message, position, detail, hint } = error as Notice;
    const at = position === undefined ? undefined : Number(position);
    out.push(formatMessage('ERROR', { code, message, detail, hint, position: at }));
  }
  client.off('notice', onNotice);
  return out.join('\n');
}

async function record(file: string): Promise<void> {
  const admin = new pg.Client({ database: 'postgres' });
  await admin.connect();
  await admin.query('DROP DATABASE IF EXISTS balsa_record');
  await admin.query('CREATE DATABASE balsa_record');
  const client = new pg.Client({ database: 'balsa_record' });
  await client.connect();
  const cases = [];
  for (const entry of readGolden(file)) {
    const [directive, name = ''] = entry.directive.split(' ');
    const expected =
      directive === 'describe'
        ? await describeTable(name, async (sql) => {
            const { rows } = await client.query({ text: sql, rowMode: 'array' });
            return rows as unknown[][];
          })
        : await runSql(client, entry.sql);
    cases.push({ ...entry, expected });
  }
  await client.end();
  await admin.query('DROP DATABASE balsa_record');
  await admin.end();
  writeFileSync(file, formatGolden(cases));
}

for (const name of readdirSync(DIRECTORY)) {
  if (name.endsWith('.golden')) await record(join(DIRECTORY, name));
}
