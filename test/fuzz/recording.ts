// What PostgreSQL answered to the statements of a seed, to be compared where there is none. The
// statements are kept as well, so that they stay the same when the generator changes.
import { createHash } from 'node:crypto';
import { Prng } from '../../src/util/prng.ts';
import { difference } from './answer.ts';
import type { Answer } from './answer.ts';
import { makeCase, worldOf } from './compare.ts';
import type { Database } from './databases.ts';
import type { Parameter } from './expressions.ts';
import { render } from './tree.ts';

interface RecordedCase {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  readonly answer: Answer;
  /** Of all rows of all tables behind a change, else null. */
  readonly hash: string | null;
}

export interface Recording {
  readonly setup: readonly string[];
  readonly tables: readonly string[];
  /** Brings the rows of the beginning back. */
  readonly restore: readonly string[];
  readonly cases: readonly RecordedCase[];
}

const ANSWER_BYTES_MAX = 2000;

async function answerTo(
  database: Database,
  recording: Omit<Recording, 'cases'>,
  { sql, parameters }: Pick<RecordedCase, 'sql' | 'parameters'>,
  isChange: boolean,
): Promise<{ readonly answer: Answer; readonly hash: string | null }> {
  const answer = await database.answer(sql, parameters);
  if (!isChange) return { answer, hash: null };
  const digest = createHash('sha256');
  for (const name of recording.tables) {
    digest.update(JSON.stringify(await database.answer(`SELECT * FROM ${name} ORDER BY id`)));
  }
  for (const statement of recording.restore) await database.answer(statement);
  return { answer, hash: digest.digest('hex') };
}

/** Of the statements that both databases answer alike. */
export async function record(
  seed: number,
  count: number,
  ours: Database,
  theirs: Database,
): Promise<Recording> {
  const world = worldOf(seed);
  const recording = {
    setup: [...world.statements, ...world.fill, ...world.constraints],
    tables: world.tables.map(({ name }) => name),
    restore: [...world.clear, ...world.fill],
  };
  for (const sql of recording.setup) {
    await ours.answer(sql);
    await theirs.answer(sql);
  }
  const cases: RecordedCase[] = [];
  for (let at = 0; at < count; at++) {
    const made = makeCase(new Prng(seed * 100_003 + at), world);
    const sql = render(made.tree);
    const asked = { sql, parameters: sql.includes('$') ? made.parameters : [] };
    const mine = await answerTo(ours, recording, asked, made.isChange);
    const { answer, hash } = await answerTo(theirs, recording, asked, made.isChange);
    const isSame = difference(sql, mine.answer, answer) === null && mine.hash === hash;
    const isLong = JSON.stringify([asked, answer]).length > ANSWER_BYTES_MAX;
    if (isSame && !isLong && answer.kind !== 'crash') cases.push({ ...asked, answer, hash });
  }
  for (const name of recording.tables.toReversed()) await theirs.answer(`DROP TABLE ${name}`);
  return { ...recording, cases };
}

/** How the answers differ from the recorded ones. */
export async function replay(recording: Recording, ours: Database): Promise<readonly string[]> {
  const found: string[] = [];
  for (const sql of recording.setup) await ours.answer(sql);
  for (const { sql, parameters, answer, hash } of recording.cases) {
    const mine = await answerTo(ours, recording, { sql, parameters }, hash !== null);
    const what = difference(sql, mine.answer, answer) ?? (mine.hash === hash ? null : 'tables');
    if (what !== null) {
      found.push(
        `${what}\n  ${sql}\n  ${JSON.stringify(mine.answer)}\n  ${JSON.stringify(answer)}`,
      );
    }
  }
  return found;
}

/** A case on each line. */
export function recordingText({ cases, ...world }: Recording): string {
  return `${[world, ...cases].map((each) => JSON.stringify(each)).join('\n')}\n`;
}

export function parseRecording(text: string): Recording {
  const [world, ...cases] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  return { ...(world as Omit<Recording, 'cases'>), cases: cases as RecordedCase[] };
}
