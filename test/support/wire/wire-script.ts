// Scripts of the wire protocol (.wire): what a client sends, and what PostgreSQL answered.
//
//   # why the case exists
//   session                       a new connection, past its start; `connection`: a bare one
//   Query select 1                messages, see frontend-lines.ts: sent in one piece
//   ----
//   RowDescription                all that the server says then, see backend-lines.ts
//
// Blank lines stand between the steps; a step without `session` goes on with the last connection.
import { serialize } from 'pg-protocol';
import { backendLines, isWholeAnswer } from './backend-lines.ts';
import type { WireConnection } from './connection.ts';
import { encodeLine } from './frontend-lines.ts';

export interface WireStep {
  readonly comment: string;
  readonly input: readonly string[];
  readonly expected: readonly string[];
}

export interface WireServer {
  /** Of the connections that `session` opens. */
  readonly database: string;
  open(): Promise<WireConnection>;
}

export function readWireScript(text: string): readonly WireStep[] {
  const blocks = text.trim().split(/\n\n+/);
  return blocks.map((block) => {
    const lines = block.split('\n');
    const rule = lines.indexOf('----');
    const head = rule < 0 ? lines : lines.slice(0, rule);
    return {
      comment: head.filter((line) => line.startsWith('#')).join('\n'),
      input: head.filter((line) => !line.startsWith('#')),
      expected: rule < 0 ? [] : lines.slice(rule + 1),
    };
  });
}

export function formatWireScript(steps: readonly WireStep[]): string {
  return `${steps.map(formatStep).join('\n\n')}\n`;
}

export function formatStep({ comment, input, expected }: WireStep): string {
  if (input.length === 0) return comment;
  return [comment, ...input, '----', ...expected].filter((line) => line !== '').join('\n');
}

/** The steps as the server answers them. */
export async function runWireScript(
  server: WireServer,
  steps: readonly WireStep[],
): Promise<readonly WireStep[]> {
  let connection: WireConnection | null = null;
  const answered: WireStep[] = [];
  for (const step of steps) {
    if (step.input.length === 0) {
      answered.push(step);
      continue;
    }
    const [first] = step.input;
    const isOpening = first === 'session' || first === 'connection';
    if (isOpening) {
      connection?.close();
      connection = first === 'session' ? await openSession(server) : await server.open();
    }
    if (connection === null) throw new Error('the first step has no session');
    const messages = step.input.slice(isOpening ? 1 : 0).map(encodeLine);
    if (messages.length > 0) connection.send(Buffer.concat(messages));
    const lines = backendLines(await connection.settle());
    const expected = [...lines, ...(connection.isClosed ? ['(closed)'] : [])];
    answered.push({ ...step, expected: expected.flatMap((line) => line.split('\n')) });
  }
  connection?.close();
  return answered;
}

async function openSession(server: WireServer): Promise<WireConnection> {
  const connection = await server.open();
  const { database } = server;
  connection.send(serialize.startup({ user: 'postgres', database }));
  while (!isWholeAnswer(await connection.settle()) && !connection.isClosed);
  return connection;
}
