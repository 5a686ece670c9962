// A request takes effect at most once, whatever the order in which copies of its entry commit.
import { describe, expect, it } from 'vitest';
import type { Outcome, Request } from '../../src/machine/command.ts';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import { query, request } from './support/entries.ts';
import { MachineWorld } from './support/machine-world.ts';

const COUNT_UP =
  'INSERT INTO effect VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times';

function createWorld(mutations: MachineMutations = {}): MachineWorld {
  const world = new MachineWorld(mutations);
  world.database.script('CREATE TABLE effect (key TEXT PRIMARY KEY, times INTEGER) STRICT');
  return world;
}

function effect(key: string): Request {
  return request([query(COUNT_UP, [key])]);
}

function done(times: bigint): Outcome {
  return { kind: 'done', results: [{ rows: [[times]], count: 1 }] };
}

const EXPIRED = { kind: 'session-expired' };
const FENCED = { kind: 'fenced' };

describe('a resent entry', () => {
  it('gives the stored outcomes without an effect', () => {
    const world = createWorld();
    const session = world.register();
    expect(world.execute(session, 1, [effect('a'), effect('b')])).toEqual([done(1n), done(1n)]);
    expect(world.execute(session, 1, [effect('a'), effect('b')])).toEqual([done(1n), done(1n)]);
    expect(world.rows('SELECT * FROM effect')).toEqual([
      ['a', 1n],
      ['b', 1n],
    ]);
  });

  it('executes after a later one did (pipelined entries, new leader)', () => {
    const world = createWorld();
    const session = world.register();
    expect(world.execute(session, 3, [effect('c')])).toEqual([done(1n)]);
    expect(world.execute(session, 1, [effect('a'), effect('b')])).toEqual([done(1n), done(1n)]);
    expect(world.execute(session, 3, [effect('c')])).toEqual([done(1n)]);
    expect(world.rows('SELECT sum(times) FROM effect')).toEqual([[3n]]);
  });

  it('is not answered once enough is acknowledged', () => {
    const world = createWorld();
    const session = world.register();
    world.execute(session, 1, [effect('a')]);
    world.execute(session, 64, [effect('b')], 64);
    expect(world.rows('SELECT first_sequence FROM "balsa.result"')).toEqual([[1n], [64n]]);
    world.execute(session, 65, [effect('b')], 65);
    expect(world.rows('SELECT first_sequence FROM "balsa.result"')).toEqual([[65n]]);
    expect(world.execute(session, 1, [effect('a')])).toBeNull();
    expect(world.rows('SELECT sum(times) FROM effect')).toEqual([[3n]]);
  });

  it('finds large results lost, and small ones of the same entry kept', () => {
    const world = createWorld();
    const session = world.register();
    const large = request([query("SELECT printf('%.*c', 70000, 'x')")]);
    world.execute(session, 1, [effect('a'), large]);
    expect(world.execute(session, 1, [effect('a'), large])).toEqual([
      done(1n),
      { kind: 'result-lost' },
    ]);
  });
});

describe('a fence', () => {
  it('keeps a request from being executed, and no other', () => {
    const world = createWorld();
    const session = world.register();
    expect(world.fence(session, 2)).toEqual([FENCED]);
    expect(world.fence(session, 2)).toEqual([FENCED]);
    expect(world.execute(session, 1, [effect('a'), effect('b'), effect('c')])).toEqual([
      done(1n),
      FENCED,
      done(1n),
    ]);
    expect(world.rows('SELECT key FROM effect ORDER BY 1')).toEqual([['a'], ['c']]);
  });

  it('gives the outcomes if the request was executed', () => {
    const world = createWorld();
    const session = world.register();
    world.execute(session, 1, [effect('a'), effect('b')]);
    expect(world.fence(session, 2)).toEqual([done(1n), done(1n)]);
  });

  it('says nothing definite for a closed session', () => {
    const world = createWorld();
    const session = world.register();
    world.execute(session, 1, [effect('a')]);
    world.close(session);
    expect(world.fence(session, 1)).toEqual([EXPIRED]);
  });

  it('is forgotten when it is acknowledged', () => {
    const world = createWorld();
    const session = world.register();
    world.fence(session, 1);
    world.execute(session, 65, [effect('b')], 65);
    expect(world.rows('SELECT * FROM "balsa.fence"')).toEqual([]);
    expect(world.execute(session, 1, [effect('a')])).toBeNull();
  });
});

describe('a session', () => {
  it('is the same for copies of its registration', () => {
    const world = createWorld();
    expect(world.register(1, 5)).toBe(world.register(1, 5));
  });

  it('ends when a later process of the node registers', () => {
    const world = createWorld();
    const before = world.register(1, 5);
    const other = world.register(2, 1);
    const after = world.register(1, 6);
    expect(after).not.toBe(before);
    expect(world.execute(before, 1, [effect('a'), effect('b')])).toEqual([EXPIRED, EXPIRED]);
    expect(world.execute(other, 1, [effect('c')])).toEqual([done(1n)]);
    expect(world.rows('SELECT key FROM effect')).toEqual([['c']]);
  });

  it('cannot be opened by an earlier process of the node', () => {
    const world = createWorld();
    world.register(1, 6);
    const { outcomes } = world.command({ kind: 'register', nodeId: 1, incarnation: 5 });
    expect(outcomes).toEqual([]);
  });

  it('that is unknown executes nothing (R103)', () => {
    const world = createWorld();
    expect(world.execute(77, 1, [effect('a')])).toEqual([EXPIRED]);
    expect(world.rows('SELECT * FROM effect')).toEqual([]);
  });

  it('leaves nothing behind', () => {
    const world = createWorld();
    const session = world.register();
    world.fence(session, 9);
    world.execute(session, 1, [effect('a')]);
    world.close(session);
    for (const table of ['session', 'result', 'fence']) {
      expect(world.rows(`SELECT * FROM "balsa.${table}"`)).toEqual([]);
    }
  });
});

/** What a test above would see, in short: how often each thing took effect. */
function effectsOf(mutations: MachineMutations, act: (world: MachineWorld) => void): unknown {
  const world = createWorld(mutations);
  act(world);
  return world.rows('SELECT key, times FROM effect ORDER BY 1');
}

describe('it shows', () => {
  const cases: readonly (readonly [keyof MachineMutations, (world: MachineWorld) => void])[] = [
    [
      'dedupForgotten',
      (world) => {
        const session = world.register();
        world.execute(session, 1, [effect('a')]);
        world.execute(session, 1, [effect('a')]);
      },
    ],
    [
      'dedupByHighestNumber',
      (world) => {
        const session = world.register();
        world.execute(session, 2, [effect('b')]);
        world.execute(session, 1, [effect('a')]);
      },
    ],
    [
      'fenceIgnored',
      (world) => {
        const session = world.register();
        world.fence(session, 1);
        world.execute(session, 1, [effect('a')]);
      },
    ],
    [
      'closedSessionExecutes',
      (world) => {
        // The gateway's process is replaced, and a copy of what it once sent comes late.
        const session = world.register(1, 1);
        world.execute(session, 1, [effect('a')]);
        world.register(1, 2);
        world.execute(session, 1, [effect('a')]);
      },
    ],
  ];

  it.each(cases)('%s', (name, act) => {
    expect(effectsOf({ [name]: true }, act)).not.toEqual(effectsOf({}, act));
  });
});
