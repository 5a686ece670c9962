// Random statements on BalsaDB and on PostgreSQL (PGHOST, PGPORT, PGUSER): what they answer
// differently, made small. `--seeds N` worlds of tables from `--first`, `--statements` in each.
// `--record` keeps what PostgreSQL answers, for test/fuzz/fuzz.test.ts. `--wire`: programs of messages
// of the wire protocol instead, one a seed (test/fuzz/wire).
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Comparison, makeCase, worldOf } from '../test/fuzz/compare.ts';
import type { Difference } from '../test/fuzz/compare.ts';
import { record, recordingText } from '../test/fuzz/recording.ts';
import { Balsa, Postgres } from '../test/fuzz/databases.ts';
import { isAboutIdleValues } from '../test/fuzz/answer.ts';
import type { Answer } from '../test/fuzz/answer.ts';
import { Prng } from '../src/util/prng.ts';
import { fuzzWire } from '../test/fuzz/wire/fuzz-wire.ts';
import { recordWire, wireRecordingText } from '../test/fuzz/wire/recording.ts';
import { Balsa as WireBalsa, Postgres as WirePostgres } from '../test/fuzz/wire/run.ts';

const { values } = parseArgs({
  options: {
    first: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '10' },
    statements: { type: 'string', default: '200' },
    each: { type: 'string', default: '2' },
    record: { type: 'boolean', default: false },
    wire: { type: 'boolean', default: false },
  },
});

const seen = new Map<string, number>();
const totals = { statements: 0, errors: 0 };

function show(answer: Answer): string {
  if (answer.kind === 'crash') return `CRASH ${answer.message}`;
  if (answer.kind === 'error')
    return `ERROR ${answer.code} at ${answer.position}: ${answer.message}`;
  const head = answer.columns
    .map(({ name, type, typmod }) => `${name}:${type}${typmod < 0 ? '' : `(${typmod})`}`)
    .join(' | ');
  const rows = answer.rows
    .slice(0, 12)
    .map((row) => row.map((value) => value ?? 'NULL').join(' | '));
  return [head, ...rows, answer.tag].join('\n    ');
}

function report(seed: number, { what, sql, parameters, ours, theirs, world }: Difference): void {
  console.log(`== ${what}   [seed ${seed}]`);
  console.log(`  ${sql}`);
  if (parameters.length > 0) console.log(`  with ${JSON.stringify(parameters)}`);
  console.log(`  ours   ${show(ours)}\n  theirs ${show(theirs)}`);
  for (const [at, { name }] of world.tables.entries()) {
    if (sql.includes(name))
      console.log(`  -- ${world.statements[at]}\n  -- ${world.fill[at]}`.slice(0, 400));
  }
}

async function runSeed(seed: number, comparison: Comparison): Promise<void> {
  const world = worldOf(seed);
  const isNew = ({ what }: Difference): boolean => (seen.get(what) ?? 0) < Number(values.each);
  const note = ({ what }: Difference): void => {
    seen.set(what, (seen.get(what) ?? 0) + 1);
  };
  for (const difference of await comparison.setUp(world)) {
    if (isNew(difference)) report(seed, difference);
    note(difference);
  }
  for (let at = 0; at < Number(values.statements); at++) {
    const made = makeCase(new Prng(seed * 100_003 + at), world);
    totals.statements++;
    const difference = await comparison.check(world, made);
    if (difference === null) continue;
    if (isNew(difference)) {
      const small = await comparison.makeSmall(world, made, difference);
      if (isAboutIdleValues(small.sql, small.what)) continue;
      report(seed, small);
    }
    note(difference);
  }
  await comparison.tearDown(world);
}

/** How often each difference was found. */
async function fuzzStatements(postgres: Postgres): Promise<ReadonlyMap<string, number>> {
  for (let seed = first; seed < first + seeds; seed++) {
    if (values.record) {
      const recording = await record(seed, Number(values.statements), new Balsa(), postgres);
      writeFileSync(`test/fuzz/recorded/seed-${seed}.expected`, recordingText(recording));
      continue;
    }
    await runSeed(seed, new Comparison(new Balsa(), postgres));
  }
  console.log(`\n${totals.statements} statements`);
  return seen;
}

async function fuzzMessages(database: string): Promise<ReadonlyMap<string, number>> {
  const postgres = new WirePostgres(database);
  if (!values.record) return fuzzWire(first, seeds, Number(values.each), postgres);
  const balsa = new WireBalsa();
  const recording = await recordWire(first, seeds, balsa, postgres);
  balsa.close();
  const file = `test/fuzz/wire/recorded/seeds-${first}.expected`;
  writeFileSync(file, wireRecordingText(recording));
  console.log(`${recording.length} programs are answered alike`);
  return new Map();
}

const DATABASE = 'balsa_fuzz';
const [first, seeds] = [Number(values.first), Number(values.seeds)];
const postgres = await Postgres.open(DATABASE);
const found = await (values.wire ? fuzzMessages(DATABASE) : fuzzStatements(postgres));
await postgres.close();
for (const [what, count] of [...found].sort((a, b) => b[1] - a[1]))
  console.log(`${count}\t${what}`);
process.exitCode = found.size > 0 ? 1 : 0;
