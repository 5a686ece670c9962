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

/** The cells of a query, by type and text. */
async function collectValues(client: pg.Client, statement: string): Promise<void> {
  if (!/^(select|values|table|with)\b/i.test(statement)) return;
  const types = { getTypeParser: () => (value: unknown) => value };
  try {
    const { fields, rows } = await client.query({ text: statement, rowMode: 'array', types });
    for (const row of rows as unknown as readonly (readonly (string | null)[])[]) {
      for (const [column, text] of row.entries()) {
        // Arrays with bounds of their own are not supported.
        if (text !== null && text.length <= 200 && !text.startsWith('[')) {
          values.add(JSON.stringify([fields[column]?.dataTypeID, text]));
        }
      }
    }
  } catch {
    // What fails has no values.
  }
}

/** Each value as its send function and, with plain settings, its output function have it. */
async function wireValues(client: pg.Client): Promise<readonly string[]> {
  const found = new Set<string>();
  const { rows: types } = await client.query<{ oid: number; send: string; name: string }>(
    'SELECT oid, typsend::regproc::text AS send, format_type(oid, -1) AS name FROM pg_type',
  );
  for (const value of values) {
    const [oid, text] = JSON.parse(value) as readonly [number, string];
    const type = types.find((each) => Number(each.oid) === oid);
    if (type === undefined || type.send === '-' || /^reg|^void|^unknown/.test(type.name)) continue;
    const cast = `$1::text::${type.name}`;
    const sql = `SELECT encode(${type.send}(${cast}), 'hex') AS bytes, ${cast} AS shown`;
    const raw = { getTypeParser: () => (each: unknown) => each };
    const { rows } = await client.query({ text: sql, values: [text], types: raw });
    const [row] = rows as { bytes: string; shown: string }[];
    if (row !== undefined) found.add([oid, row.bytes, JSON.stringify(row.shown)].join('\t'));
  }
  return [...found].sort();
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
await admin.query("SET timezone = 'UTC'");
if (wanted.length === 0) writeFileSync(VALUES_FILE, `${(await wireValues(admin)).join('\n')}\n`);
await admin.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
await admin.end();
