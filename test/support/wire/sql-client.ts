// A client that sends query strings over a connection of any kind and gets answers in words; of a
// local node (local-node.ts) it can do more.
import { serialize } from 'pg-protocol';
import type { LocalNode } from '../local-node.ts';
import { decodeBackend } from './backend-lines.ts';
import type { WireConnection } from './connection.ts';

/**
 * Of each statement: its rows as `(1,x) (2,)`, values separated by commas and null as nothing; the
 * command tag where there are none; or `ERROR <SQLSTATE>`.
 */
export type Answer = string;

/** Enough for a statement to be on its way, and nothing in them leaves the turn of the event loop. */
const MICROTASKS_TO_MACHINE = 50;

/** What can be done with a local node beside. */
interface Controls {
  /** As a cancel request over another connection. */
  cancel(): void;
  /** The node applies what others have appended. */
  catchUp(): void;
}

const NO_CONTROLS: Controls = { cancel: () => undefined, catchUp: () => undefined };

export class SqlClient {
  readonly #connection: WireConnection;
  readonly #controls: Controls;

  private constructor(connection: WireConnection, controls: Controls) {
    this.#connection = connection;
    this.#controls = controls;
  }

  static connect(node: LocalNode): Promise<SqlClient> {
    const connection = node.open();
    return SqlClient.over(connection, connection);
  }

  static async over(
    connection: WireConnection,
    controls: Controls = NO_CONTROLS,
  ): Promise<SqlClient> {
    connection.send(serialize.startup({ user: 'postgres', database: 'postgres' }));
    await connection.settle();
    return new SqlClient(connection, controls);
  }

  /** Answers of several statements are separated by `; `. */
  async query(sql: string): Promise<Answer> {
    this.#connection.send(serialize.query(sql));
    return answerOf(await this.#connection.settle());
  }

  /** Canceled while the machine is being asked, so that nobody waits for its answer. */
  async canceled(sql: string): Promise<Answer> {
    this.#connection.send(serialize.query(sql));
    for (let turn = 0; turn < MICROTASKS_TO_MACHINE; turn++) await Promise.resolve();
    this.#controls.cancel();
    return answerOf(await this.#connection.settle());
  }

  /** By the extended protocol, described before it is executed. */
  async prepared(sql: string, values: readonly string[] = []): Promise<Answer> {
    const messages = [
      serialize.parse({ text: sql }),
      serialize.bind({ values: [...values] }),
      serialize.describe({ type: 'P' }),
      serialize.execute({}),
      serialize.sync(),
    ];
    this.#connection.send(Buffer.concat(messages));
    return answerOf(await this.#connection.settle());
  }

  /** The same, in three pieces: what the statement takes and gives is known before it is bound. */
  async described(sql: string, values: readonly string[] = []): Promise<Answer> {
    const pieces = [
      [serialize.parse({ text: sql }), serialize.sync()],
      [serialize.describe({ type: 'S' }), serialize.sync()],
      [serialize.bind({ values: [...values] }), serialize.execute({}), serialize.sync()],
    ];
    const answers: Buffer[] = [];
    for (const piece of pieces) {
      this.#connection.send(Buffer.concat(piece));
      answers.push(await this.#connection.settle());
    }
    return answerOf(Buffer.concat(answers));
  }

  /** What came since the last answer: of a statement that waited. */
  async answered(): Promise<Answer> {
    this.#controls.catchUp();
    return answerOf(await this.#connection.settle());
  }

  /** The same, of one whose time limit is to be over before. */
  async later(): Promise<Answer> {
    for (;;) {
      const answer = await this.answered();
      if (answer !== '') return answer;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async cancel(): Promise<Answer> {
    this.#controls.cancel();
    return this.answered();
  }

  /** The server has ended the connection. */
  get isEnded(): boolean {
    return this.#connection.isClosed;
  }

  close(): void {
    this.#connection.close();
  }
}

function answerOf(bytes: Buffer): Answer {
  const answers: string[] = [];
  let rows: string[] | null = null;
  for (const { type, lines } of decodeBackend(bytes)) {
    if (type === 'T') rows = [];
    else if (type === 'D') rows?.push(rowOf(lines[0] ?? ''));
    else if (type === 'C') {
      answers.push(
        rows === null ? (lines[0] ?? '').replace('CommandComplete ', '') : rows.join(' '),
      );
      rows = null;
    } else if (type === 'E') answers.push(`ERROR ${fieldOf(lines, 'code')}`);
  }
  return answers.join('; ');
}

/** From `DataRow "1" NULL "x"`. */
function rowOf(line: string): string {
  const values = [...line.slice('DataRow'.length).matchAll(/ (NULL|"(?:[^"\\]|\\.)*"|\\x\w*)/g)];
  const texts = values.map(([, value = '']) => {
    if (value === 'NULL') return '';
    return value.startsWith('"') ? String(JSON.parse(value)) : value;
  });
  return `(${texts.join(',')})`;
}

function fieldOf(lines: readonly string[], name: string): string {
  const prefix = `  ${name}: `;
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length) ?? '';
}
