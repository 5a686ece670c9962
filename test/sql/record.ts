// Records what PostgreSQL 15 answers to the scripts of test/sql and test/types, in .expected files
// beside them, and every value that it sent, in text and in binary, in test/types/wire-values.tsv.
// Needs a server: PGHOST, PGPORT, PGUSER; makes and drops a database of its own. Names of scripts as
// arguments record those alone (and leave the values as they are).
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import pg from 'pg';
import { answer, transcriptOf } from '../slt/transcript.ts';
import { scripts, statementsOfScript } from './support/scripts.ts';

const DATABASE = 'balsa_record_sql';
const VALUES_FILE = resolve(import.meta.dirname, '../types/wire-values.tsv');

const wanted = process.argv.slice(2);
const values = new Set<string>();

/** The cells of a query as text and as bytes: what the types must make of each other. */
async function collectValues(client: pg.Client, statement: string): Promise<void> {
  if (!/^(select|values|table|with)\b/i.test(statement)) return;
  const raw = { getTypeParser: () => (value: unknown) => value };
  const run = (binary: boolean) =>
    client.query({ text: statement, rowMode: 'array', types: raw, binary } as pg.QueryArrayConfig);
  try {
    const [texts, bytes] = [await run(false), await run(true)];
    texts.fields.forEach(({ dataTypeID }, column) => {
      texts.rows.forEach((row, at) => {
        const [text, binary] = [row[column] as unknown, bytes.rows[at]?.[column] as unknown];
        if (typeof text !== 'string' || !Buffer.isBuffer(binary) || binary.length > 500) return;
        values.add([dataTypeID, binary.toString('hex'), JSON.stringify(text)].join('\t'));
      });
    });
  } catch {
    // What fails has no values.
  }
}

const admin = new pg.Client({ database: 'postgres' });
await admin.connect();
for (const script of scripts()) {
  if (wanted.length > 0 && !wanted.includes(script.name)) continue;
  await admin.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  const client = new pg.Client({ database: DATABASE });
  await client.connect();
  await client.query("set timezone = 'UTC'");
  const text = await transcriptOf(statementsOfScript(script.file), async (statement) => {
    const answered = await answer(client, statement);
    if (script.file.includes('/types/')) await collectValues(client, statement);
    return answered;
  });
  writeFileSync(script.expectedFile, text);
  await client.end();
}
await admin.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
await admin.end();
if (wanted.length === 0) writeFileSync(VALUES_FILE, `${[...values].sort().join('\n')}\n`);
