// When a session tells its client of what others notified: only when it is idle, and only what it
// listened to.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotificationHub } from '../../src/server/notifications.ts';
import { Channels } from '../../src/session/channels.ts';
import { LocalNode } from '../support/local-node.ts';
import type { LocalConnection } from '../support/local-node.ts';
import { backendLines } from '../support/wire/backend-lines.ts';
import { encodeLine } from '../support/wire/frontend-lines.ts';

const IDLE = 'ReadyForQuery I';
const IN_BLOCK = 'ReadyForQuery T';

let node: LocalNode;
let listener: LocalConnection;
let sender: LocalConnection;

async function open(): Promise<LocalConnection> {
  const connection = node.open();
  await say(connection, 'Startup {"user": "postgres", "database": "postgres"}');
  return connection;
}

async function say(connection: LocalConnection, ...lines: string[]): Promise<readonly string[]> {
  connection.send(Buffer.concat(lines.map(encodeLine)));
  return backendLines(await connection.settle());
}

async function heard(connection: LocalConnection): Promise<readonly string[]> {
  return backendLines(await connection.settle());
}

beforeEach(async () => {
  node = new LocalNode();
  listener = await open();
  sender = await open();
});

afterEach(() => node.close());

describe('a client that listens', () => {
  it('is told while it is idle', async () => {
    await say(listener, 'Query listen a');
    await say(sender, "Query notify a, '1'; notify b, '2'; notify a, '3'");
    expect(await heard(listener)).toEqual([
      'NotificationResponse a "1"',
      'NotificationResponse a "3"',
    ]);
    expect(await heard(sender)).toEqual([]);
  });

  it('is told behind its block', async () => {
    await say(listener, 'Query listen a');
    await say(listener, 'Query begin');
    await say(sender, "Query notify a, '1'");
    expect(await heard(listener)).toEqual([]);
    expect((await say(listener, 'Query select 1')).at(-1)).toBe(IN_BLOCK);
    expect(await say(listener, 'Query select nothing')).not.toContain('NotificationResponse a "1"');
    expect(await say(listener, 'Query rollback')).toEqual([
      'CommandComplete ROLLBACK',
      'NotificationResponse a "1"',
      IDLE,
    ]);
  });

  it('is told behind its Sync', async () => {
    await say(listener, 'Query listen a');
    await say(listener, 'Parse {"text": "select 1"}', 'Flush');
    await say(sender, "Query notify a, '1'");
    expect(await heard(listener)).toEqual([]);
    expect(await say(listener, 'Sync')).toEqual(['NotificationResponse a "1"', IDLE]);
  });

  it('is not told of what came before its LISTEN has committed', async () => {
    await say(listener, 'Query begin');
    await say(listener, 'Query listen a');
    await say(sender, "Query notify a, '1'");
    expect(await say(listener, 'Query commit')).toEqual(['CommandComplete COMMIT', IDLE]);
    await say(sender, "Query notify a, '2'");
    expect(await heard(listener)).toEqual(['NotificationResponse a "2"']);
  });

  it('is not told of what came before its UNLISTEN, but was not told yet', async () => {
    await say(listener, 'Query listen a; listen b');
    await say(listener, 'Query begin');
    await say(sender, "Query notify a, '1'; notify b, '2'");
    await say(listener, 'Query unlisten a');
    expect(await say(listener, 'Query commit')).toEqual([
      'CommandComplete COMMIT',
      'NotificationResponse b "2"',
      IDLE,
    ]);
  });

  it('is told what others of its channel are told', async () => {
    const third = await open();
    for (const each of [listener, third]) await say(each, 'Query listen a');
    await say(sender, "Query notify a, '1'");
    expect(await heard(third)).toEqual(['NotificationResponse a "1"']);
    listener.close();
    await say(sender, "Query notify a, '2'");
    expect(await heard(third)).toEqual(['NotificationResponse a "2"']);
  });
});

it('a client that cannot be told too much for too long is let go', async () => {
  await say(listener, 'Query listen a');
  await say(listener, 'Query begin');
  const many =
    "Query select count(pg_notify('a', g || repeat('x', 7900))) from generate_series(1, 700) as g";
  await say(sender, many);
  expect(await heard(listener)).toEqual([
    'ErrorResponse',
    '  severity: FATAL',
    '  severity, not localized: FATAL',
    '  code: 54000',
    '  message: too many notifications wait for this session',
  ]);
  expect(listener.isClosed).toBe(true);
  expect((await say(sender, 'Query select 1')).at(-1)).toBe(IDLE);
});

it('a hub knows whether anybody listens', () => {
  const changes: boolean[] = [];
  const hub = new NotificationHub((isListening) => changes.push(isListening));
  const channels = new Channels({ source: hub, processId: 1, onReceived: () => undefined });
  channels.listen('a');
  channels.rollback();
  channels.listen('a');
  channels.listen('b');
  channels.commit();
  channels.unlisten(null);
  expect(channels.names()).toEqual(['a', 'b']);
  channels.commit();
  expect(channels.names()).toEqual([]);
  expect(changes).toEqual([true, false, true, true, true, false]);
});
