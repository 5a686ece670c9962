// What a client may make the node keep: answers that it does not read, rows of portals and cursors,
// statements without a Sync.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serialize } from 'pg-protocol';
import { KeptPool } from '../../src/session/kept.ts';
import { Session } from '../../src/session/session.ts';
import { LocalNode } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';

const POOL_BYTES = 300_000;

let node: LocalNode;
let pool: KeptPool;

beforeEach(() => {
  node = new LocalNode();
  pool = new KeptPool(POOL_BYTES);
});

afterEach(() => node.close());

class Client {
  readonly session: Session;
  isReading = true;
  hasEnded = false;
  readonly #answer: Buffer[] = [];
  #onRead: () => void = () => undefined;

  constructor() {
    this.session = new Session({
      backend: node.executor,
      database: 'postgres',
      serverVersion: '15.0',
      processId: 1,
      secret: 1,
      keptPool: pool,
      write: (bytes) => void this.#answer.push(bytes),
      drained: () =>
        this.isReading ? Promise.resolve() : new Promise((resolve) => (this.#onRead = resolve)),
      onStarved: () => undefined,
      end: () => (this.hasEnded = true),
      logInternalError: (error) => {
        throw error;
      },
    });
    this.session.receive(serialize.startup({ user: 'postgres', database: 'postgres' }));
  }

  read(): void {
    this.isReading = true;
    this.#onRead();
  }

  get sentBytes(): number {
    return this.#answer.reduce((sum, { length }) => sum + length, 0);
  }

  /** All that is answered to it, once the node has nothing left to do. */
  async tell(...messages: readonly Buffer[]): Promise<string> {
    this.#answer.length = 0;
    this.session.receive(Buffer.concat(messages));
    do await new Promise((done) => setTimeout(done, 1));
    while (!node.isIdle);
    return backendLines(Buffer.concat(this.#answer)).join('\n');
  }
}

const ROWS = "select g, repeat('x', 1000) from generate_series(1, 100) g";
const SYNC = serialize.sync();

function suspended(portal: string): readonly Buffer[] {
  return [serialize.bind({ portal, statement: 'rows' }), serialize.execute({ portal, rows: 1 })];
}

describe('a pipeline whose answers nobody reads', () => {
  const asked = Array.from({ length: 100 }, () => [serialize.bind({}), serialize.execute({})]);
  const pipeline = [serialize.parse({ text: ROWS }), ...asked.flat(), SYNC];

  it('goes on when they are read', async () => {
    const client = new Client();
    client.isReading = false;
    await client.tell(...pipeline);
    expect(client.sentBytes).toBeGreaterThan(60_000);
    expect(client.sentBytes).toBeLessThan(300_000);
    client.read();
    const rest = await client.tell();
    expect(rest).toMatch(/ReadyForQuery I$/);
    expect(rest.match(/CommandComplete SELECT 100/g)?.length).toBeGreaterThan(90);
  });

  it('ends with the session', async () => {
    const client = new Client();
    client.isReading = false;
    await client.tell(...pipeline);
    client.session.shutDown();
    await client.tell();
    expect(client.hasEnded).toBe(true);
  });
});

describe('rows that are kept', () => {
  const begin = [serialize.query('begin'), serialize.parse({ name: 'rows', text: ROWS }), SYNC];

  it('are not more than there is room for, and leave it again', async () => {
    const client = new Client();
    await client.tell(...begin);
    expect(await client.tell(...suspended('a'), ...suspended('b'), SYNC)).not.toContain('Error');
    await client.tell(serialize.query('savepoint s'));
    expect(await client.tell(...suspended('c'), SYNC)).toContain('code: 53200');
    expect(
      await client.tell(serialize.query(`rollback to s; declare k cursor for ${ROWS}`)),
    ).toContain('code: 53200');
    await client.tell(serialize.query('rollback to s'));
    await client.tell(serialize.close({ type: 'P', name: 'a' }), SYNC);
    expect(await client.tell(serialize.query(`declare k cursor for ${ROWS}`))).not.toContain(
      'Error',
    );
    const other = new Client();
    expect(await other.tell(serialize.query(`begin; declare k cursor for ${ROWS}`))).toContain(
      'code: 53200',
    );
    await client.tell(serialize.query('commit'));
    expect(
      await other.tell(serialize.query(`rollback; begin; declare k cursor for ${ROWS}`)),
    ).not.toContain('Error');
    client.session.closed();
    other.session.closed();
    expect(() => pool.take(POOL_BYTES)).not.toThrow();
  });

  it('are none of a portal that has come to its end', async () => {
    const client = new Client();
    await client.tell(...begin);
    for (const portal of ['a', 'b', 'c', 'd', 'e']) {
      const answer = await client.tell(...suspended(portal), serialize.execute({ portal }), SYNC);
      expect(answer).toContain('CommandComplete SELECT 99');
    }
    const again = await client.tell(serialize.execute({ portal: 'a' }), SYNC);
    expect(again).toContain('CommandComplete SELECT 0');
  });
});

it('runs what is collected before it is too much, though no Sync comes', async () => {
  const client = new Client();
  await client.tell(serialize.query('create table t (a text)'));
  const insert = serialize.parse({ text: 'insert into t values ($1)' });
  const value = 'x'.repeat(1_000_000);
  const values = Array.from({ length: 40 }, () => [
    serialize.bind({ values: [value] }),
    serialize.execute({}),
  ]);
  const answer = await client.tell(insert, ...values.flat());
  expect(answer.match(/CommandComplete INSERT 0 1/g)?.length).toBe(40);
  const end = await client.tell(SYNC, serialize.query('select count(*) from t'));
  expect(end).toMatch(/ReadyForQuery I\n[^]*DataRow "40"/);
});
