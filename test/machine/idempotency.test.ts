// A transaction that its client gave a name takes effect once, also under another session.
import { expect, it } from 'vitest';
import { IDEMPOTENCY_RETENTION } from '../../src/machine/idempotency.ts';
import type { Request } from '../../src/machine/command.ts';
import { query, request, step } from './support/entries.ts';
import { MachineWorld } from './support/machine-world.ts';

const COUNT_UP = 'UPDATE counter SET n = n + 1 RETURNING n';

function world(): MachineWorld {
  const created = new MachineWorld();
  created.database.script('CREATE TABLE counter (n INTEGER); INSERT INTO counter VALUES (0)');
  return created;
}

function named(key: string, more: Partial<Request> = {}): Request {
  return request([query(COUNT_UP)], { idempotencyKey: key, ...more });
}

it('gives the recorded outcome under every session', () => {
  const w = world();
  const first = w.execute(w.register(1, 1), 1, [named('a')]);
  expect(first).toEqual([{ kind: 'done', results: [{ rows: [[1n]], count: 1 }] }]);
  expect(w.execute(w.register(2, 1), 1, [named('a'), named('b')])).toEqual([
    { kind: 'done', results: [{ rows: [[1n]], count: 1 }] },
    { kind: 'done', results: [{ rows: [[2n]], count: 1 }] },
  ]);
  expect(w.rows('SELECT n FROM counter')).toEqual([[2n]]);
});

it('keeps nothing of what did not take effect', () => {
  const w = world();
  const session = w.register();
  const failing = request([query(COUNT_UP), step("INSERT INTO counter VALUES (abs('x', 1))")], {
    idempotencyKey: 'a',
  });
  expect(w.execute(session, 1, [failing])?.[0]?.kind).toBe('failed');
  expect(w.execute(session, 2, [named('a', { isDoomed: true })])?.[0]?.kind).toBe('done');
  expect(w.execute(session, 3, [named('a', { schemaVersion: 9 })])?.[0]?.kind).toBe('stale-schema');
  expect(w.rows('SELECT n FROM counter')).toEqual([[0n]]);
  expect(w.execute(session, 4, [named('a')])?.[0]?.kind).toBe('done');
  expect(w.rows('SELECT n FROM counter')).toEqual([[1n]]);
});

it('answers whatever the schema is by now', () => {
  const w = world();
  const session = w.register();
  w.execute(session, 1, [named('a')]);
  expect(w.execute(session, 2, [named('a', { schemaVersion: 9 })])?.[0]?.kind).toBe('done');
});

it('refuses a name for another transaction', () => {
  const w = world();
  const session = w.register();
  w.execute(session, 1, [named('a')]);
  const other = request([query(COUNT_UP), query(COUNT_UP)], { idempotencyKey: 'a' });
  expect(w.execute(session, 2, [other])).toMatchObject([
    { kind: 'failed', error: { code: '22023' } },
  ]);
});

it('forgets after a time', () => {
  const w = world();
  const session = w.register();
  w.execute(session, 1, [named('a')]);
  w.execute(session, 2, [named('b', { now: IDEMPOTENCY_RETENTION })]);
  w.execute(session, 3, [named('a', { now: IDEMPOTENCY_RETENTION })]);
  expect(w.rows('SELECT n FROM counter')).toEqual([[2n]]);
  w.execute(session, 4, [named('c', { now: IDEMPOTENCY_RETENTION + 1n })]);
  w.execute(session, 5, [named('a', { now: IDEMPOTENCY_RETENTION + 1n })]);
  expect(w.rows('SELECT n FROM counter')).toEqual([[4n]]);
});
