// Reads that ask for too much stop near their time, whatever they do (promise 7): SQLite cannot be
// interrupted, so each must ask for the time itself. What a read may take beyond it is counted in
// time of this thread, since other processes may keep the machine busy; it is generous all the same.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LocalNode } from '../support/local-node.ts';
import type { LocalConnection } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';
import { encodeLine } from '../support/wire/frontend-lines.ts';

const TIMEOUT_MS = 200;
/** A single call over 16 MB cannot be stopped in the middle; without a look at the time it is minutes. */
const LATE_MS_MAX = 30_000;

let node: LocalNode;
let client: LocalConnection;

/** The code of its error, or its tag. */
async function run(sql: string): Promise<string> {
  client.send(encodeLine(`Query ${sql}`));
  const lines = backendLines(await client.settle());
  return lines.filter((line) => /^(?: {2}code: |CommandComplete )/.test(line)).join(' ');
}

beforeAll(async () => {
  node = new LocalNode();
  client = node.open();
  client.send(encodeLine('Startup {"user": "postgres", "database": "postgres"}'));
  await client.settle();
  await run('create table big (id int primary key, t text)');
  await run("insert into big select g, 'row ' || g from generate_series(1, 20000) g");
  await run(`set statement_timeout = ${TIMEOUT_MS}`);
});

afterAll(() => {
  client.close();
  node.close();
});

const SERIES = 'generate_series(1, 1000) g';
const DIGITS = "repeat('9', 16000000)";
const LONG_JSON = "('[' || repeat('1,', 7900000) || '1]')";

/** What each may end with, beside its time and limits. */
const READS: [sql: string, code?: string][] = [
  // One long text, used for each row by SQLite alone.
  ["select count(distinct repeat('x', 15000000) || id) from big"],
  ["select max(t || repeat('x', 15000000)) from big"],
  ["select count(*) from big where t || repeat('x', 15000000) < 'a'"],
  ["select id from big order by repeat('x', 15000000) || (id % 10), id limit 1"],
  ["select count(*) from big group by repeat('x', 15000000) || id"],
  ["select distinct replace(repeat('x', 16000000), 'x', 'y') from big"],
  ["select count(*) from (select distinct repeat('x', 15000000) || id || 'z' from big) s"],
  ["select count(*) from (select repeat('x', 15000000) || g from generate_series(1, 100000) g) s"],
  [
    "with recursive r(n, s) as (select 1, repeat('x', 15000000) union all select n + 1, s || n from r) select count(*) from r",
  ],
  // Loops.
  ['select count(*) from generate_series(1, 100000000)'],
  ['select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b'],
  ['select count(*) from big a, big b, big c where a.t = b.t || c.t'],
  ['select a.id from big a, big b order by a.t || b.t limit 1'],
  ['select row_number() over (order by a.t || b.t) from big a, big b limit 1'],
  ['select count(distinct a.t || b.t) from big a, big b'],
  ['with recursive r(n) as (select 1 union select n + 1 from r) select count(*) from r'],
  // Long values in functions of ours.
  [`select length(reverse(repeat('xy', 8000000))) from ${SERIES}`],
  [`select sum(length(translate(repeat('abc', 5000000), 'abc', 'def'))) from ${SERIES}`],
  [`select rtrim(repeat('ab', 8000000) || 'c', 'ab') is null from ${SERIES}`],
  [`select encode(decode(repeat('ab', 8000000), 'hex'), 'base64') is null from ${SERIES}`],
  ["select repeat('a', 16000000) ~ '(a+)+b'"],
  ["select regexp_replace(repeat('ab', 8000000), 'a', 'cd', 'g')"],
  ["select repeat('a', 16000000) like '%a%a%a%a%b'"],
  [`select jsonb_array_length(${LONG_JSON}::jsonb)`],
  [`select count(*) from jsonb_array_elements(${LONG_JSON}::jsonb)`],
  ['select json_agg(b.id) from big, big b'],
  // Numbers of very many digits.
  [`select ${DIGITS}::numeric is null`, '22003'],
  [`select ${DIGITS}::int8 is null`, '22003'],
  ["select (repeat('9', 1000000) || ' days')::interval is null", '22007'],
  ["select sqrt(repeat('9', 130000)::numeric) is null"],
  // Templates.
  [`select to_char(1, ${DIGITS})`, '54000'],
  ["select to_char(now(), repeat('YYYY', 4000000))", '54000'],
  ["select format(repeat('%s', 4000000), 1)", '22023'],
];

it.each(READS)('%s', async (sql, code = '') => {
  const before = process.threadCpuUsage();
  const answer = await run(sql);
  const { user, system } = process.threadCpuUsage(before);
  // Whether its time, a limit or its own end comes first depends on the machine.
  const ends = ['57014', '54000', code].map((expected) => `  code: ${expected}`);
  if (!answer.startsWith('CommandComplete ')) expect(ends).toContain(answer);
  expect((user + system) / 1000).toBeLessThan(TIMEOUT_MS + LATE_MS_MAX);
});
