// What clients count on to know where they are, in random conversations, good and bad messages mixed:
// - P1: after an error in the extended protocol everything is skipped up to Sync;
// - P2: every query cycle ends in one ReadyForQuery.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prng } from '../../src/util/prng.ts';
import { LocalNode } from '../support/local-node.ts';
import type { LocalConnection } from '../support/local-node.ts';
import { decodeBackend } from '../support/wire/backend-lines.ts';
import { encodeLine } from '../support/wire/frontend-lines.ts';

const START = 'Startup {"user": "postgres"}';
const SEED = 20_240_312;
const CONVERSATIONS = 150;
const LENGTH = 30;

/** Messages that end a cycle by themselves, unless they are skipped. */
const QUERIES = [
  'Query select 1',
  'Query ',
  'Query select nothing',
  'Query insert into t values (1)',
  'Query insert into t values (2); select 1 / (a - 2) from t',
  "Query set application_name = 'x'",
  'Query begin',
  'Query commit',
  'Query rollback',
  'Message Q 73',
  'Message F 00',
];
const SYNCS = ['Sync', 'Sync', 'Sync', 'Message S 00'];
const OTHERS = [
  'Parse {"text": "select a from t order by a"}',
  'Parse {"text": "insert into t values (3) returning a"}',
  'Parse {"text": "insert into t values (4)"}',
  'Parse {"text": "delete from t"}',
  'Parse {"text": "select $1::int"}',
  'Parse {"text": "begin"}',
  'Parse {"text": "commit"}',
  'Parse {"text": "show application_name"}',
  'Parse {"text": ""}',
  'Parse {"text": "selec"}',
  'Parse {"name": "s", "text": "select 1"}',
  'Bind {}',
  'Bind {}',
  'Bind {"values": ["1"]}',
  'Bind {"values": ["x"]}',
  'Bind {"portal": "p"}',
  'Describe {"type": "S"}',
  'Describe {"type": "P"}',
  'Execute {}',
  'Execute {}',
  'Execute {"rows": 1}',
  'Execute {"portal": "p", "rows": 1}',
  'Close {"type": "S", "name": "s"}',
  'Close {"type": "P", "name": "p"}',
  'Flush',
  'CopyDone',
  'Message P 00',
  'Message D 58',
];

/** What would not come together often by chance. */
const CHAINS = [
  ['Parse {"text": "select 1"}', 'Bind {"portal": "p"}', 'Execute {"portal": "p", "rows": 1}'],
  ['Parse {"text": "insert into t values (5)"}', 'Bind {}', 'Describe {"type": "P"}', 'Execute {}'],
  ['Parse {"text": "insert into t values (6) returning a"}', 'Bind {}', 'Execute {"rows": 1}'],
];

interface Exchange {
  readonly message: string;
  readonly answer: readonly string[];
  /** Types of the messages of the answer. */
  readonly types: string;
}

describe.each([
  ['that answers reads at once', true],
  ['that asks for a barrier first', false],
])('a session of a node %s', (_, hasLease) => {
  const node = new LocalNode({ hasLease });

  const conversations: { readonly seed: number; readonly exchanges: readonly Exchange[] }[] = [];

  beforeAll(async () => {
    const connection = node.open();
    await say(connection, [START, 'Query create table t (a int primary key)']);
    connection.close();
    for (let seed = SEED; seed < SEED + CONVERSATIONS; seed++) {
      conversations.push({ seed, exchanges: await converse(randomLines(seed)) });
    }
  });
  afterAll(() => node.close());

  /** A session of its own, with the table empty. */
  async function open(): Promise<LocalConnection> {
    const connection = node.open();
    await say(connection, [START, 'Query delete from t']);
    return connection;
  }

  async function say(connection: LocalConnection, lines: readonly string[]): Promise<Exchange> {
    connection.send(Buffer.concat(lines.map(encodeLine)));
    const messages = decodeBackend(await connection.settle());
    return {
      message: lines.join('\n'),
      answer: messages.flatMap((message) => message.lines),
      types: messages.map(({ type }) => type).join(''),
    };
  }

  async function converse(lines: readonly string[]): Promise<readonly Exchange[]> {
    const connection = await open();
    const exchanges: Exchange[] = [];
    for (const line of lines) exchanges.push(await say(connection, [line]));
    connection.close();
    return exchanges;
  }

  function randomLines(seed: number): readonly string[] {
    const prng = new Prng(seed);
    const lines: string[] = [];
    while (lines.length < LENGTH) {
      const kind = prng.float();
      if (kind < 0.15) lines.push(...prng.pick(CHAINS));
      else lines.push(prng.pick(kind < 0.3 ? QUERIES : kind < 0.45 ? SYNCS : OTHERS));
    }
    // What is there at the end is part of what is compared.
    return [...lines, 'Sync', 'Query rollback', 'Query select a from t order by a'];
  }

  it('answers each cycle with one ReadyForQuery (P2), and nothing between an error and Sync (P1)', () => {
    for (const { seed, exchanges } of conversations) {
      let isSkipping = false;
      let isWaiting = false;
      for (const [at, { message, types }] of exchanges.entries()) {
        const where = `seed ${seed}, message ${at}: ${message}`;
        if (SYNCS.includes(message)) expect(types, where).toMatch(/^[^Z]*Z$/);
        else if (isSkipping) expect(types, where).toBe('');
        else if (!message.startsWith('Query') && !QUERIES.includes(message)) {
          expect(types, where).toMatch(/^[^ZE]*E?$/);
        } else if (!isWaiting) expect(types, where).toMatch(/^[^ZE]*E?S*Z$/);
        // A statement that waited may have failed, and the query is skipped as well.
        else expect(types, where).toMatch(/^[^ZE]*E?S*Z$|^[^ZE]*E$/);
        isSkipping = types.endsWith('E') || (isSkipping && types === '');
        isWaiting = types === '' && (isWaiting || message.startsWith('Execute'));
      }
    }
  });

  it('does as if what it skipped had not been said (P1)', async () => {
    for (const { seed, exchanges } of conversations) {
      const heard: Exchange[] = [];
      let isSkipping = false;
      for (const exchange of exchanges) {
        if (SYNCS.includes(exchange.message)) isSkipping = false;
        if (!isSkipping) heard.push(exchange);
        if (exchange.types.endsWith('E')) isSkipping = true;
      }
      const again = await converse(heard.map(({ message }) => message));
      expect(again, `seed ${seed}`).toEqual(heard);
    }
  });

  it('answers the same to all of it at once', async () => {
    for (const { seed, exchanges } of conversations) {
      const connection = await open();
      const { answer } = await say(
        connection,
        exchanges.map(({ message }) => message),
      );
      connection.close();
      expect(answer, `seed ${seed}`).toEqual(exchanges.flatMap((exchange) => exchange.answer));
    }
  });

  it('heard of all that may happen', () => {
    const all = conversations.flatMap(({ exchanges }) => exchanges);
    const skipped = all.filter(({ types }) => types === '').length;
    expect(skipped).toBeGreaterThan(CONVERSATIONS);
    for (const type of ['E', 'I', 'D', 's', 'n', 'S', '3']) {
      expect(all.some(({ types }) => types.includes(type))).toBe(true);
    }
    for (const status of ['I', 'T', 'E']) {
      expect(all.some(({ answer }) => answer.includes(`ReadyForQuery ${status}`))).toBe(true);
    }
  });
});
