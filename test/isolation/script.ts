// Scripts of several sessions that take turns, with what each was answered:
//
//     scenario: a title
//     # Why it is here.
//     setup: create table ...          of a session of its own
//     a: begin                         a session's name, and what it says
//       BEGIN                          what it was answered: recorded, a line each
//
// A statement that waits for another session is answered `(waits)`, and later, where the answer
// comes, there is `b: ` before it.
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

export interface Waiter {
  readonly session: string;
  readonly processId: number;
  /** It was answered. */
  readonly isAnswered: () => boolean;
}

export interface Recording {
  /** A connection for a session: a, b, c, or setup. */
  readonly connect: (session: string) => Promise<pg.Client>;
  /** Waits until the session's node has all that others were answered: or answers vary. */
  readonly settle?: (session: string) => Promise<unknown>;
  /** Resolves when the session waits for another one, or is known not to any more. */
  readonly waits: (waiter: Waiter) => Promise<unknown>;
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
        session = new Session(name, await recording.connect(name), recording);
        sessions.set(name, session);
      }
      await recording.settle?.(name);
      output.push(`${name}: ${sql}`, ...(await session.say(sql)));
      for (const other of sessions.values()) {
        if (other !== session) output.push(...(await other.late()));
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
  readonly #recording: Recording;
  /** What it is waiting for, in order. */
  #waiting: Promise<string>[] = [];

  constructor(name: string, client: pg.Client, recording: Recording) {
    this.#name = name;
    this.client = client;
    this.#recording = recording;
  }

  async say(sql: string): Promise<readonly string[]> {
    const answer = answerTo(this.client, sql);
    this.#waiting.push(answer);
    const isFirst = this.#waiting.length === 1;
    const text = isFirst ? await this.#answered(answer) : null;
    if (text === null) return [WAITS];
    void this.#waiting.shift();
    return [`  ${text}`];
  }

  /** Answers to what has waited before. */
  async late(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (;;) {
      const [first] = this.#waiting;
      const text = first === undefined ? null : await this.#answered(first);
      if (text === null) return lines;
      void this.#waiting.shift();
      lines.push(`  ${this.#name}: ${text}`);
    }
  }

  /** null: it waits. */
  #answered(answer: Promise<string>): Promise<string | null> {
    const { processID } = this.client as unknown as { readonly processID: number };
    let isAnswered = false;
    void answer.then(() => (isAnswered = true));
    const waiter = {
      session: this.#name,
      processId: processID,
      isAnswered: () => isAnswered,
    };
    return Promise.race([answer, this.#recording.waits(waiter).then(() => null)]);
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
