// Scripts of several sessions that take turns, with what each was answered:
//
//     scenario: a title
//     # Why it is here.
//     setup: create table ...          of a session of its own
//     a: begin                         a session's name, and what it says
//       BEGIN                          what it was answered: recorded, a line each
//
// A statement that waits for another session is answered `(waits)`, and later, where the answer
// comes, there is `b: ` before it. Here no statement ever waits; PostgreSQL's do.
import type pg from 'pg';

export interface Scenario {
  readonly title: string;
  readonly lines: readonly ScriptLine[];
}

export type ScriptLine =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'step'; readonly session: string; readonly sql: string };

const TITLE = 'scenario: ';
const STEP = /^(\w+): (.*)$/;

/** What was recorded is left out. */
export function parseScript(text: string): readonly Scenario[] {
  const scenarios: { title: string; lines: ScriptLine[] }[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith(TITLE)) scenarios.push({ title: line.slice(TITLE.length), lines: [] });
    else if (line.startsWith('#')) scenarios.at(-1)?.lines.push({ kind: 'comment', text: line });
    else {
      const [, session, sql] = STEP.exec(line) ?? [];
      if (session === undefined || sql === undefined) continue;
      scenarios.at(-1)?.lines.push({ kind: 'step', session, sql });
    }
  }
  return scenarios;
}

/** Comments before the first scenario. */
export function headOf(text: string): string {
  return text.slice(0, text.indexOf(TITLE));
}

export interface Recording {
  /** A connection for a session: a, b, c, or setup. */
  readonly connect: (session: string) => Promise<pg.Client>;
  /** Waits until the session's node has all that others were answered: or answers vary. */
  readonly settle?: (session: string) => Promise<unknown>;
  /** How long a statement may take before it is said to wait, ms; null: none may. */
  readonly patienceMs: number | null;
}

/** The scenario with what is answered now. */
export async function recordScenario(
  { title, lines }: Scenario,
  recording: Recording,
): Promise<string> {
  const sessions = new Map<string, Session>();
  const output = [`${TITLE}${title}`];
  try {
    for (const line of lines) {
      if (line.kind === 'comment') {
        output.push(line.text);
        continue;
      }
      const { session: name, sql } = line;
      let session = sessions.get(name);
      if (session === undefined) {
        session = new Session(name, await recording.connect(name));
        sessions.set(name, session);
      }
      await recording.settle?.(name);
      output.push(`${name}: ${sql}`, ...(await session.say(sql, recording.patienceMs)));
      for (const other of sessions.values()) {
        if (other !== session) output.push(...(await other.late(recording.patienceMs)));
      }
    }
  } finally {
    for (const { client } of sessions.values()) await client.end();
  }
  return output.join('\n');
}

const WAITS = '  (waits)';

class Session {
  readonly client: pg.Client;
  readonly #name: string;
  /** What it is waiting for, in order. */
  #waiting: Promise<string>[] = [];

  constructor(name: string, client: pg.Client) {
    this.#name = name;
    this.client = client;
  }

  async say(sql: string, patienceMs: number | null): Promise<readonly string[]> {
    const answer = answerTo(this.client, sql);
    if (patienceMs === null) return [`  ${await answer}`];
    this.#waiting.push(answer);
    const isFirst = this.#waiting.length === 1;
    const text = isFirst ? await inTime(answer, patienceMs) : null;
    if (text === null) return [WAITS];
    void this.#waiting.shift();
    return [`  ${text}`];
  }

  /** Answers to what has waited before. */
  async late(patienceMs: number | null): Promise<readonly string[]> {
    const lines: string[] = [];
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || patienceMs === null) return lines;
      const text = await inTime(first, patienceMs);
      if (text === null) return lines;
      void this.#waiting.shift();
      lines.push(`  ${this.#name}: ${text}`);
    }
  }
}

async function inTime(answer: Promise<string>, ms: number): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rows as `(1, x) (2, null)`, the command tag, or the error. */
async function answerTo(client: pg.Client, sql: string): Promise<string> {
  try {
    const answer: unknown = await client.query({ text: sql, rowMode: 'array' });
    const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult[];
    return results.map(textOf).join('; ');
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `ERROR ${code}: ${message}`;
  }
}

function textOf({ command, rowCount, rows, fields }: pg.QueryArrayResult): string {
  if (fields.length === 0) return `${command}${rowCount === null ? '' : ` ${rowCount}`}`;
  if (rows.length === 0) return '(no rows)';
  return rows
    .map((row) => `(${row.map((value) => (value === null ? 'null' : String(value))).join(', ')})`)
    .join(' ');
}
