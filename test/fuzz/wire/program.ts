// A program of messages that clients send, in words (test/support/wire/frontend-lines.ts), and how it
// is made smaller.
import { encodeLine } from '../../support/wire/frontend-lines.ts';

/** `statements`: those of a Query, so that it can be made smaller. */
export type Message =
  { readonly line: string } | { readonly statements: readonly string[]; readonly end: string };

/** What one client sends in one piece, or in two: cut behind so many percent of the bytes. */
export interface Step {
  readonly on: 0 | 1;
  readonly messages: readonly Message[];
  readonly cut: number | null;
}

export interface Program {
  /** Makes the tables, and what is dropped behind them. */
  readonly setup: readonly string[];
  readonly tables: readonly string[];
  readonly steps: readonly Step[];
}

export function lineOf(message: Message): string {
  return 'line' in message ? message.line : `Query ${message.statements.join('; ')}${message.end}`;
}

/** The pieces in which a step is sent. */
export function piecesOf({ messages, cut }: Step): readonly Buffer[] {
  const bytes = Buffer.concat(messages.map((message) => encodeLine(lineOf(message))));
  const at = cut === null ? 0 : Math.floor((bytes.length * cut) / 100);
  return [bytes.subarray(0, at), bytes.subarray(at)].filter(({ length }) => length > 0);
}

export function programLines({ setup, steps }: Program): readonly string[] {
  return [
    ...setup.map((sql) => `-- ${sql}`),
    ...steps.flatMap(({ on, messages, cut }) => [
      `client ${on}${cut === null ? '' : ` in two pieces (${cut} %)`}`,
      ...messages.map((message) => `  ${lineOf(message)}`),
    ]),
  ];
}

function without<T>(items: readonly T[], start: number, count: number): readonly T[] {
  return [...items.slice(0, start), ...items.slice(start + count)];
}

function* smallerMessages(messages: readonly Message[]): Generator<readonly Message[]> {
  for (let count = messages.length >> 1; count >= 1; count >>= 1) {
    for (let at = 0; at + count <= messages.length; at += count) yield without(messages, at, count);
  }
  for (const [at, message] of messages.entries()) {
    if (!('statements' in message) || message.statements.length < 2) continue;
    for (const which of message.statements.keys()) {
      yield messages.with(at, { ...message, statements: without(message.statements, which, 1) });
    }
  }
}

/** Programs that are smaller by one step, those that are smallest first. */
function* smaller(program: Program): Generator<Program> {
  const { steps } = program;
  for (let count = steps.length >> 1; count >= 1; count >>= 1) {
    for (let at = 0; at + count <= steps.length; at += count) {
      yield { ...program, steps: without(steps, at, count) };
    }
  }
  for (const [at, step] of steps.entries()) {
    if (step.cut !== null) yield { ...program, steps: steps.with(at, { ...step, cut: null }) };
    for (const messages of smallerMessages(step.messages)) {
      yield { ...program, steps: steps.with(at, { ...step, messages }) };
    }
  }
}

/** The smallest program in reach of which the same is true. */
export async function shrinkProgram(
  program: Program,
  isWanted: (candidate: Program) => Promise<boolean>,
  tries = 400,
): Promise<Program> {
  let best = program;
  let left = tries;
  for (let hasShrunk = true; hasShrunk && left > 0;) {
    hasShrunk = false;
    for (const candidate of smaller(best)) {
      if (left-- <= 0) break;
      if (!(await isWanted(candidate))) continue;
      best = candidate;
      hasShrunk = true;
      break;
    }
  }
  return best;
}
