// COPY in a session: what comes byte by byte, what ends the waiting for the client, and how much is
// sent before it has read.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serialize } from 'pg-protocol';
import { Session } from '../../src/session/session.ts';
import { LocalNode } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';

let node: LocalNode;

beforeAll(async () => {
  node = new LocalNode();
  const client = new Client();
  client.send(serialize.query('create table t (a int primary key, b text)'));
  const rows = "select g, repeat('x', 1000) from generate_series(1, 1000) g";
  client.send(serialize.query(`create table big (a int, b text); insert into big ${rows}`));
  await client.until(/ReadyForQuery I\n[^]*ReadyForQuery I\n$/);
});

afterAll(() => node.close());

/** A session whose client takes what it is sent when told to. */
class Client {
  readonly session: Session;
  hasEnded = false;
  /** Whether it reads; else what was written stays on its way. */
  isReading = true;
  /** How often others had their turn meanwhile. */
  turns = 0;
  readonly #answer: Buffer[] = [];

  constructor() {
    this.session = new Session({
      backend: node.executor,
      database: 'postgres',
      serverVersion: '15.0',
      processId: 1,
      secret: 1,
      write: (bytes) => void this.#answer.push(bytes),
      drained: () => {
        this.turns += 1;
        return this.isReading ? Promise.resolve() : new Promise(() => undefined);
      },
      onStarved: () => undefined,
      end: () => (this.hasEnded = true),
      logInternalError: (error) => {
        throw error;
      },
    });
    this.send(serialize.startup({ user: 'postgres', database: 'postgres' }));
    this.#answer.length = 0;
  }

  send(...messages: readonly Buffer[]): void {
    for (const message of messages) this.session.receive(message);
  }

  get sentBytes(): number {
    return this.#answer.reduce((sum, { length }) => sum + length, 0);
  }

  /** Waits for an answer that matches, as lines. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const lines = `${backendLines(Buffer.concat(this.#answer)).join('\n')}\n`;
      if (pattern.test(lines)) return lines;
      await new Promise((done) => setTimeout(done, 1));
    }
  }

  query(sql: string): Promise<string> {
    this.#answer.length = 0;
    this.send(serialize.query(sql));
    return this.until(/ReadyForQuery .\n$/);
  }
}

const COPY = serialize.query('copy t from stdin');

describe('COPY FROM', () => {
  it('answers the same to bytes one by one', async () => {
    const rows = serialize.copyData(Buffer.from('1\tone\n2\tt\\two\n'));
    const bytes = Buffer.concat([COPY, rows, serialize.copyDone(), serialize.query('select 1')]);
    const client = new Client();
    for (const byte of bytes) client.send(Buffer.of(byte));
    const answer = await client.until(/SELECT 1\nReadyForQuery I\n$/);
    expect(answer).toMatch(/^CopyInResponse 0 0 0\nCommandComplete COPY 2\nReadyForQuery I\n/);
    expect(await client.query('copy t to stdout')).toContain('"2\\tt\\\\two\\n"');
    await client.query('truncate t');
  });

  it('waits no longer than statement_timeout', async () => {
    const client = new Client();
    await client.query('set statement_timeout = 20');
    client.send(COPY, serialize.copyData(Buffer.from('1\tone\n')));
    const answer = await client.until(/ErrorResponse[^]*ReadyForQuery I\n$/);
    expect(answer).toContain('message: canceling statement due to statement timeout');
    expect(answer).toContain('where: COPY t, line 2');
    // The rest of the rows is dropped.
    client.send(serialize.copyData(Buffer.from('2\ttwo\n')), serialize.copyDone());
    expect(await client.query('select count(*) from t')).toContain('DataRow "0"');
  });

  it('ends with its session, and the block that it is in too', async () => {
    const client = new Client();
    await client.query('begin');
    await client.query("insert into t values (1, 'x')");
    client.send(COPY, serialize.copyData(Buffer.from('2\ttwo\n')));
    client.session.closed();
    const other = new Client();
    expect(await other.query('select count(*) from t')).toContain('DataRow "0"');
    expect(await other.query("insert into t values (1, 'y')")).toContain('INSERT 0 1');
    await other.query('truncate t');
  });

  it('lets others have their turn while it reads a long message', async () => {
    const client = new Client();
    const line = `1\t${'x'.repeat(1000)}\n`;
    client.send(COPY, serialize.copyData(Buffer.from(line.repeat(500))), serialize.copyFail('no'));
    await client.until(/ErrorResponse[^]*ReadyForQuery I\n$/);
    expect(client.turns).toBeGreaterThan(6);
  });

  it('ends when the node stops', async () => {
    const client = new Client();
    client.send(COPY);
    await client.until(/CopyInResponse/);
    client.session.shutDown();
    expect(await client.until(/ErrorResponse[^]*/)).toContain('code: 57P01');
    await expect.poll(() => client.hasEnded).toBe(true);
  });
});

describe('COPY TO', () => {
  it('sends no more than a piece to a client that does not read, and can be canceled', async () => {
    const client = new Client();
    client.isReading = false;
    client.send(serialize.query('copy big to stdout'));
    await expect.poll(() => client.sentBytes).toBeGreaterThan(0);
    expect(client.sentBytes).toBeLessThan(100_000);
    client.session.cancel();
    expect(await client.until(/ErrorResponse[^]*ReadyForQuery I\n$/)).toContain('code: 57014');
    client.isReading = true;
    expect(await client.query('copy big to stdout')).toContain('CommandComplete COPY 1000');
  });
});
