// Running requests: all or nothing, the user's errors as outcomes, everything else stops the node.
import { describe, expect, it } from 'vitest';
import { PgError } from '../../src/errors/pg-error.ts';
import type { Outcome, Request } from '../../src/machine/command.ts';
import { MachineHalted } from '../../src/machine/execute.ts';
import type { MachineMutations } from '../../src/machine/mutations.ts';

import { executeEntry, otherEntry, query, request, step } from './support/entries.ts';
import { MachineWorld } from './support/machine-world.ts';

class RequestWorld extends MachineWorld {
  readonly #session = this.register();
  #sequence = 1;

  constructor(mutations: MachineMutations = {}) {
    super(mutations);
    this.database.script('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT');
    this.database.driver.function('boom', () => {
      throw new TypeError('boom');
    });
    this.database.driver.function('unchecked', () => String.fromCodePoint(2e9));
    this.database.driver.function('overflow', () => {
      const deeper = (): number => 1 + deeper();
      return deeper();
    });
    this.database.driver.function('user_error', () => {
      throw new PgError('22012', 'division by zero', { hint: 'a hint', position: 7 });
    });
  }

  run(one: Request): Outcome | undefined {
    return this.execute(this.#session, this.#sequence++, [one])?.[0];
  }
}

function insert(id: bigint) {
  return step('INSERT INTO t VALUES (?, 1)', [id]);
}

const COUNT = 'SELECT count(*) FROM t';

describe('a request', () => {
  it('gives one result per statement', () => {
    const world = new RequestWorld();
    const outcome = world.run(request([insert(1n), query(COUNT), insert(2n)]));
    expect(outcome).toEqual({
      kind: 'done',
      results: [
        { rows: null, count: 1 },
        { rows: [[1n]], count: 1 },
        { rows: null, count: 1 },
      ],
    });
  });

  it('takes effect as a whole or not at all', () => {
    const world = new RequestWorld();
    const outcome = world.run(request([insert(1n), insert(2n), query('SELECT user_error()')]));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: '22012' } });
    expect(outcome).toHaveProperty('results.length', 2);
    expect(world.rows(COUNT)).toEqual([[0n]]);
  });

  it('that is doomed gives its results and leaves no effect', () => {
    const world = new RequestWorld();
    const outcome = world.run(request([insert(1n), query(COUNT)], { isDoomed: true }));
    expect(outcome).toMatchObject({ kind: 'done', results: [{}, { rows: [[1n]] }] });
    expect(world.rows(COUNT)).toEqual([[0n]]);
  });

  it('without statements is done', () => {
    expect(new RequestWorld().run(request([]))).toEqual({ kind: 'done', results: [] });
  });

  it('compiled for another schema is not executed', () => {
    const world = new RequestWorld();
    const outcome = world.run(request([insert(1n)], { schemaVersion: 7 }));
    expect(outcome).toEqual({ kind: 'stale-schema', schemaVersion: 1 });
    expect(world.rows(COUNT)).toEqual([[0n]]);
  });

  it('that changes the schema raises its version, unless it fails', () => {
    const world = new RequestWorld();
    const create = step('CREATE TABLE u (a)');
    world.run(request([create, query('SELECT user_error()')], { schemaChanges: 1 }));
    expect(world.machine.schemaVersion).toBe(1);
    world.run(request([create], { schemaChanges: 1 }));
    expect(world.machine.schemaVersion).toBe(2);
    expect(world.run(request([insert(1n)]))).toEqual({ kind: 'stale-schema', schemaVersion: 2 });
  });

  it('sees its own time, seed and settings and nothing else (R53)', () => {
    const run = (mutations: MachineMutations): unknown => {
      const world = new RequestWorld(mutations);
      const { context } = world.machine;
      world.database.driver.function('facts', { safeIntegers: true }, () =>
        [context.now, context.randomUint32(), context.setting('TimeZone')].join(' '),
      );
      return world.run(
        request([query('SELECT facts(), facts()')], { now: 5n, settings: [['TimeZone', 'UTC']] }),
      );
    };
    expect(run({})).toEqual(run({}));
    expect(run({ nowFromWallClock: true })).not.toEqual(run({}));
  });
});

describe('an error of the user is an outcome', () => {
  const cases: readonly (readonly [what: string, sql: string, code: string])[] = [
    ['of a function', 'SELECT user_error()', '22012'],
    ['sum out of range', 'SELECT sum(9223372036854775807) FROM (VALUES (1), (2))', '22003'],
    ['a value too large for SQLite', 'SELECT zeroblob(1500000000)', '54000'],
    ['a value that a function of ours did not check', 'SELECT unchecked()', 'XX000'],
    ['a statement that does not compile', 'SELECT nothing FROM nowhere', 'XX000'],
  ];

  it.each(cases)('%s', (_what, sql, code) => {
    const world = new RequestWorld();
    const single = world.run(request([query(sql)]));
    expect(single).toMatchObject({ kind: 'failed', error: { code } });
    expect(world.run(request([insert(1n), query(sql)]))).toMatchObject({ kind: 'failed' });
    expect(world.run(request([query(COUNT)]))).toMatchObject({ results: [{ rows: [[0n]] }] });
  });

  it('with the fields that are set', () => {
    const outcome = new RequestWorld().run(request([query('SELECT user_error()')]));
    expect(outcome).toMatchObject({
      error: { message: 'division by zero', fields: { hint: 'a hint', position: 7 } },
    });
  });

  it('leaves the other requests of the entry alone', () => {
    const world = new RequestWorld();
    const session = world.register();
    const bad = request([query('SELECT user_error()')]);
    const kinds = world
      .execute(session, 10, [request([insert(1n)]), bad, request([insert(2n)])])
      ?.map(({ kind }) => kind);
    expect(kinds).toEqual(['done', 'failed', 'done']);
    expect(world.rows(COUNT)).toEqual([[2n]]);
  });
});

describe('anything else stops the node (R54)', () => {
  const diskFull = (world: RequestWorld): void =>
    world.database.script('PRAGMA max_page_count = 1');

  it('an exception of ours, and nothing of the batch takes effect', () => {
    const world = new RequestWorld();
    const { machine } = world;
    const before = machine.appliedIndex;
    const place = (firstSequence: number) => ({ sessionId: 1, firstSequence });
    const entries = [
      executeEntry(before + 1, place(1), [request([insert(1n)])]),
      executeEntry(before + 2, place(2), [request([query('SELECT boom()')])]),
    ];
    expect(() => machine.apply(entries)).toThrow(MachineHalted);
    expect(world.rows(COUNT)).toEqual([[0n]]);
    expect(world.rows('SELECT log_index FROM "balsa.applied"')).toEqual([[BigInt(before)]]);
    expect(() => machine.apply([otherEntry(before + 1)])).toThrow('halted machine');
  });

  it('a stack that is too deep on this node', () => {
    const world = new RequestWorld();
    expect(() => world.run(request([query('SELECT overflow()')]))).toThrow(MachineHalted);
  });

  it('a full disk', () => {
    const world = new RequestWorld();
    diskFull(world);
    const blob = step('CREATE TABLE big AS SELECT zeroblob(10000000) AS b');
    expect(() => world.run(request([blob]))).toThrow(/SQLITE_FULL/);
  });

  it('bytes that are no command', () => {
    const world = new RequestWorld();
    const data = new Uint8Array([9, 9]);
    const entry = { index: world.nextIndex, term: 1, kind: 'command', data } as const;
    expect(() => world.apply(entry)).toThrow(MachineHalted);
  });

  it('and shows if it does not', () => {
    const world = new RequestWorld({ fatalErrorAsResult: true });
    expect(world.run(request([query('SELECT boom()')]))).toMatchObject({ kind: 'failed' });
  });
});

describe('entries', () => {
  it('that were applied before are skipped', () => {
    const { machine } = new RequestWorld();
    const { appliedIndex } = machine;
    expect(machine.apply([otherEntry(appliedIndex), otherEntry(appliedIndex + 1)]).count).toBe(2);
    expect(machine.appliedIndex).toBe(appliedIndex + 1);
  });

  it('have no gaps', () => {
    const { machine } = new RequestWorld();
    expect(() => machine.apply([otherEntry(machine.appliedIndex + 2)])).toThrow(
      `entry ${machine.appliedIndex + 2} after ${machine.appliedIndex}`,
    );
  });

  it('are applied until the budget is used up, at least one (R57)', () => {
    const { machine } = new RequestWorld();
    const entries = Array.from({ length: 600 }, (_, at) =>
      otherEntry(machine.appliedIndex + 1 + at),
    );
    expect(machine.apply(entries, () => true).count).toBe(1);
    expect(machine.apply(entries, () => false).count).toBe(256);
  });

  it('of the configuration are kept', () => {
    const world = new RequestWorld();
    const data = new Uint8Array([1, 2, 3]);
    world.apply({ index: world.nextIndex, term: 3, kind: 'configuration', data });
    const [row] = world.rows(
      'SELECT configuration, configuration_index, log_term FROM "balsa.applied"',
    );
    expect(row).toEqual([Buffer.from(data), BigInt(world.machine.appliedIndex), 3n]);
  });

  it('give their hash at every 256th index (R55)', () => {
    const { machine } = new RequestWorld();
    const first = machine.appliedIndex + 1;
    const entries = Array.from({ length: 256 }, (_, at) => otherEntry(first + at));
    const { hashes } = machine.apply(entries);
    expect(hashes.map(({ index }) => index)).toEqual([256]);
  });
});

describe('a request that is too much work', () => {
  /** As much as two thirds of what a request may do, in one call. */
  const much = query('SELECT balsa_tick(32 * 6500000)');

  it('fails, and the node goes on', () => {
    const world = new RequestWorld();
    const outcome = world.run(request([insert(1n), much, much]));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: '54000' } });
    expect(world.rows(COUNT)).toEqual([[0n]]);
    expect(world.run(request([insert(1n), much]))?.kind).toBe('done');
    expect(world.rows(COUNT)).toEqual([[1n]]);
  });

  it('is undone too if it is its results that are too much', () => {
    const world = new RequestWorld();
    const text = 'x'.repeat(15_000_000);
    const sql =
      'INSERT INTO t SELECT c1, 1 FROM pg_series(1, 5) WHERE true RETURNING balsa_keep(?)';
    const failed = { kind: 'failed', error: { code: '54000' } };
    expect(world.run(request([query(sql, [text])]))).toMatchObject(failed);
    expect(world.rows(COUNT)).toEqual([[0n]]);
    const rows = query('SELECT ? FROM pg_series(1, 5)', [text]);
    expect(world.run(request([rows]))).toMatchObject(failed);
  });
});
