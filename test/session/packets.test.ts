// Packets of a client may be split and joined anywhere: the bytes of the answer are the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Listener } from '../../src/server/listener.ts';
import { Prng } from '../../src/util/prng.ts';
import { freePorts } from '../e2e/support/cluster.ts';
import { LocalNode } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';
import { encodeLine } from '../support/wire/frontend-lines.ts';
import { SocketConnection } from '../support/wire/socket-connection.ts';

const START = 'Startup {"user": "postgres"}';
/** Leaves the table as it was, so that each run finds the same. */
const WRITING = [
  START,
  'Query select 1; selec',
  'Query insert into t values (1) on conflict (a) do update set a = 1; select a from t',
  'Parse {"text": "update t set a = a returning a"}',
  'Bind {}',
  'Execute {}',
  'Sync',
  'Parse {"text": "insert into t values (1)"}',
  'Bind {}',
  'Execute {}',
  'Execute {"portal": "lost"}',
  'Query select 2',
  'Sync',
  'Query copy t from stdin',
  'CopyData 1\n',
  'CopyFail no',
  'Query begin; delete from t; select count(*) from t',
  'Query rollback',
  'Terminate',
].map(encodeLine);
const READING = [
  START,
  'Parse {"name": "s", "text": "select $1::text"}',
  'Bind {"portal": "p", "statement": "s", "values": ["ä€"], "results": [1]}',
  'Describe {"type": "P", "name": "p"}',
  'Execute {"portal": "p", "rows": 1}',
  'Flush',
  'Close {"type": "S", "name": "s"}',
  'Sync',
  'Execute {"portal": "lost"}',
  'Bind {}',
  'Sync',
  'Message P 00',
  'Sync',
  'Query ',
  'Query select 1',
].map(encodeLine);
/** Each byte of a stream is cut off from the next in one of so many runs. */
const STRIDE = 12;
const SEED = 20_240_311;
const RANDOM_RUNS = 15;

describe.each([
  ['that answers reads at once', true],
  ['that asks for a barrier first', false],
])('a session of a node %s', (_, hasLease) => {
  const node = new LocalNode({ hasLease });
  let expected = { reading: [] as readonly string[], writing: [] as readonly string[] };

  beforeAll(async () => {
    await answers([START, 'Query create table t (a int primary key)'].map(encodeLine), true);
    await answers([START, 'Query insert into t values (1)'].map(encodeLine), true);
    expected = { reading: await answers(READING, true), writing: await answers(WRITING, true) };
  });
  afterAll(() => node.close());

  /** `isWaiting`: each piece comes when the one before was dealt with; else while it is. */
  async function answers(
    pieces: readonly Buffer[],
    isWaiting: boolean,
  ): Promise<readonly string[]> {
    const connection = node.open();
    const received: Buffer[] = [];
    for (const piece of pieces) {
      connection.send(piece);
      if (isWaiting) received.push(await connection.settle());
    }
    received.push(await connection.settle());
    connection.close();
    return backendLines(Buffer.concat(received));
  }

  it('answers each of these messages', () => {
    const count = (line: string): number =>
      [...expected.reading, ...expected.writing].filter((each) => each === line).length;
    expect(count('ReadyForQuery I')).toBe(13);
    expect(count('ReadyForQuery T')).toBe(1);
    expect(count('ErrorResponse')).toBe(5);
  });

  it('answers the same to one packet', async () => {
    expect(await answers([Buffer.concat(READING)], true)).toEqual(expected.reading);
    expect(await answers([Buffer.concat(WRITING)], true)).toEqual(expected.writing);
  });

  it('answers the same to two packets, cut anywhere', async () => {
    const bytes = Buffer.concat(READING);
    for (let cut = 1; cut < bytes.length; cut++) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      expect(await answers(pieces, cut % 2 === 0), `cut at ${cut}`).toEqual(expected.reading);
    }
  });

  it('answers the same to many packets, each byte the last of one', async () => {
    const bytes = Buffer.concat(WRITING);
    for (let first = 1; first <= STRIDE; first++) {
      const pieces = [bytes.subarray(0, first)];
      for (let at = first; at < bytes.length; at += STRIDE) {
        pieces.push(bytes.subarray(at, at + STRIDE));
      }
      expect(await answers(pieces, first % 2 === 0), `from ${first}`).toEqual(expected.writing);
    }
  });

  it.each([true, false])('answers the same to single bytes, waiting: %s', async (isWaiting) => {
    const single = (bytes: Buffer): Buffer[] => Array.from(bytes, (byte) => Buffer.from([byte]));
    const { reading, writing } = expected;
    expect(await answers(single(Buffer.concat(READING)), isWaiting)).toEqual(reading);
    expect(await answers(single(Buffer.concat(WRITING)), isWaiting)).toEqual(writing);
  });

  it('answers the same to packets of any lengths', async () => {
    const prng = new Prng(SEED);
    const bytes = Buffer.concat(WRITING);
    for (let run = 0; run < RANDOM_RUNS; run++) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const end = at + prng.between(1, 60);
        pieces.push(bytes.subarray(at, end));
        at = end;
      }
      const actual = await answers(pieces, prng.chance(0.5));
      expect(actual, `seed ${SEED}, run ${run}`).toEqual(expected.writing);
    }
  });
});

describe('a socket before its session', () => {
  const node = new LocalNode();
  let listener: Listener;
  let port = 0;

  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    listener = new Listener({
      address: { host: '127.0.0.1', port },
      backend: node.executor,
      database: 'postgres',
      nodeId: 1,
      maxConnections: 10,
      tls: null,
      log: () => undefined,
    });
    await listener.start();
  });
  afterAll(async () => {
    await listener.close();
    node.close();
  });

  it('takes the start in two packets, cut anywhere', async () => {
    const start = encodeLine(START);
    for (let cut = 1; cut < start.length; cut++) {
      const connection = await SocketConnection.open(port, 'answered');
      connection.send(encodeLine('GSSENCRequest'));
      expect(backendLines(await connection.settle())).toEqual(['N']);
      connection.send(start.subarray(0, cut));
      await new Promise((done) => setImmediate(done));
      connection.send(start.subarray(cut));
      expect(backendLines(await connection.settle()).at(-1)).toBe('ReadyForQuery I');
      connection.close();
    }
  });

  it('takes queries in the packet of the start', async () => {
    const connection = await SocketConnection.open(port, 'answered');
    const lines = [START, 'Query select 1', 'Terminate'];
    connection.send(Buffer.concat(lines.map(encodeLine)));
    const received: string[] = [];
    while (!connection.isClosed) received.push(...backendLines(await connection.settle()));
    expect(received.filter((line) => line === 'ReadyForQuery I').length).toBe(2);
    expect(received).toContain('DataRow "1"');
  });
});
