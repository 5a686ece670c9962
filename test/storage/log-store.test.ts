// What consensus may rely on in a log (raft/log-store.ts), over a disk in memory and over real files.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry, Index, Term } from '../../src/raft/entry.ts';
import type { HardState, LogStore, PersistRequest } from '../../src/raft/log-store.ts';
import type { FileLogStore } from '../../src/storage/file-log-store.ts';
import { Prng } from '../../src/util/prng.ts';
import { createFileWorld, createMemoryWorld } from './store-worlds.ts';
import type { StoreWorld } from './store-worlds.ts';

const NO_HARD_STATE = null;

function entry(index: Index, term: Term, text = `${index} of ${term}`): Entry {
  return { index, term, kind: 'command', data: Buffer.from(text) };
}

function run(first: Index, last: Index, term: Term): Entry[] {
  return Array.from({ length: last - first + 1 }, (_, at) => entry(first + at, term));
}

function hardState(currentTerm: Term, votedFor = 0): HardState {
  return { currentTerm, votedFor };
}

/** Resolves when it is durable. */
function persist(
  store: LogStore,
  entries: readonly Entry[],
  state: HardState | null = NO_HARD_STATE,
): Promise<void> {
  const request: PersistRequest = { hardState: state, entries };
  return new Promise((resolve) => {
    store.persist(request, resolve);
  });
}

function textsOf(store: LogStore, bytesMax = Infinity, first = 1): readonly string[] {
  if (store.lastIndex < first) return [];
  return store
    .entries(first, store.lastIndex, bytesMax)
    .map(({ data }) => Buffer.from(data).toString());
}

function textsFor(entries: readonly Entry[]): readonly string[] {
  return entries.map(({ data }) => Buffer.from(data).toString());
}

describe.each([
  ['in memory', createMemoryWorld],
  ['in files', createFileWorld],
])('a log %s', (_name, createWorld) => {
  let world: StoreWorld;

  beforeEach(() => {
    world = createWorld();
  });

  afterEach(() => world.end());

  /** A log in which every term up to 9 may be written. */
  async function openInTerm9(): Promise<FileLogStore> {
    const store = world.open();
    await persist(store, [], hardState(9));
    return store;
  }

  it('is empty at first', () => {
    const store = world.open();
    expect(store.lastIndex).toBe(0);
    expect(store.hardState).toEqual(hardState(0));
    expect(store.termAt(0)).toBe(0);
    expect(store.termAt(1)).toBeNull();
    expect(store.isIdle()).toBe(true);
  });

  it('shows what was handed over before it is durable', async () => {
    const store = await openInTerm9();
    const durable = persist(store, run(1, 3, 2), hardState(9, 3));
    expect(store.lastIndex).toBe(3);
    expect(store.termAt(3)).toBe(2);
    expect(store.termAt(4)).toBeNull();
    expect(store.hardState).toEqual(hardState(9, 3));
    expect(textsOf(store)).toEqual(textsFor(run(1, 3, 2)));
    expect(store.isIdle()).toBe(false);
    await durable;
    expect(store.isIdle()).toBe(true);
  });

  it('calls back once for each request, in their order', async () => {
    const store = await openInTerm9();
    const order: number[] = [];
    const requests = [run(1, 2, 1), [], run(3, 3, 1), run(4, 9, 1)].map((entries, at) =>
      persist(store, entries, at === 1 ? hardState(9, 1) : null).then(() => order.push(at)),
    );
    await Promise.all(requests);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('counts the bytes that are not durable yet', async () => {
    const store = await openInTerm9();
    const requests = [persist(store, run(1, 3, 1)), persist(store, run(4, 4, 1))];
    const both = store.queuedBytes;
    expect(both).toBeGreaterThan(4 * '1 of 1'.length);
    await requests[0];
    expect(store.queuedBytes).toBeLessThan(both);
    await requests[1];
    expect(store.queuedBytes).toBe(0);
  });

  it('gives as many entries as fit, and at least one', async () => {
    const store = await openInTerm9();
    await persist(store, [entry(1, 1, 'aaa'), entry(2, 1, 'bbb'), entry(3, 1, 'c')]);
    expect(textsOf(store, 6)).toEqual(['aaa', 'bbb']);
    expect(textsOf(store, 5)).toEqual(['aaa']);
    expect(textsOf(store, 0)).toEqual(['aaa']);
    expect(textsOf(store, 4, 2)).toEqual(['bbb', 'c']);
  });

  it('keeps kinds and data, also of nothing', async () => {
    const entries: Entry[] = [
      { index: 1, term: 1, kind: 'configuration', data: Buffer.from([0, 255, 7]) },
      { index: 2, term: 1, kind: 'term-start', data: Buffer.alloc(0) },
      { index: 3, term: 1, kind: 'end-lease', data: Buffer.alloc(0) },
      { index: 4, term: 1, kind: 'lease-extend', data: Buffer.alloc(0) },
    ];
    await persist(await openInTerm9(), entries);
    const found = world.open().entries(1, 4, Infinity);
    expect(found.map(({ kind }) => kind)).toEqual(entries.map(({ kind }) => kind));
    expect([...(found[0]?.data ?? [])]).toEqual([0, 255, 7]);
  });

  describe('after the process was killed', () => {
    it('has entries and hard state, and counts its starts', async () => {
      const store = world.open();
      await persist(store, run(1, 5, 3), hardState(4, 2));
      const again = world.open();
      expect(textsOf(again)).toEqual(textsFor(run(1, 5, 3)));
      expect(again.hardState).toEqual(hardState(4, 2));
      expect(again.termAt(5)).toBe(3);
      expect(again.incarnation).toBe(store.incarnation + 1);
    });

    it('goes on where it was', async () => {
      await persist(await openInTerm9(), run(1, 5, 3));
      await persist(world.open(), run(6, 7, 4));
      await persist(world.open(), run(8, 8, 5));
      const all = [...run(1, 5, 3), ...run(6, 7, 4), ...run(8, 8, 5)];
      expect(textsOf(world.open())).toEqual(textsFor(all));
    });

    it('has what replaced the end of the log, and not what it replaced', async () => {
      const store = await openInTerm9();
      await persist(store, run(1, 6, 1));
      await persist(store, run(3, 4, 2));
      const expected = textsFor([...run(1, 2, 1), ...run(3, 4, 2)]);
      expect(textsOf(store)).toEqual(expected);
      expect(store.lastIndex).toBe(4);
      expect(textsOf(world.open())).toEqual(expected);
    });

    it('also if both were handed over while a write was under way', async () => {
      const store = await openInTerm9();
      const requests = [
        persist(store, run(1, 1, 1)),
        persist(store, run(2, 6, 1)),
        persist(store, run(4, 5, 2)),
        persist(store, run(3, 3, 3)),
      ];
      expect(textsOf(store)).toEqual(textsFor([...run(1, 2, 1), ...run(3, 3, 3)]));
      await Promise.all(requests);
      expect(textsOf(world.open())).toEqual(textsFor([...run(1, 2, 1), ...run(3, 3, 3)]));
    });

    it('and what was replaced before it was written', async () => {
      const store = await openInTerm9();
      const requests = [
        persist(store, run(1, 3, 1)),
        persist(store, run(4, 6, 1)),
        persist(store, run(2, 2, 2), hardState(9, 1)),
        persist(store, run(3, 4, 2)),
      ];
      await Promise.all(requests);
      const expected = textsFor([...run(1, 1, 1), ...run(2, 4, 2)]);
      expect(textsOf(store)).toEqual(expected);
      expect(textsOf(world.open())).toEqual(expected);
    });
  });

  it('is closed in order, and goes on afterwards', async () => {
    const store = await openInTerm9();
    await persist(store, run(1, 4, 1));
    store.close();
    const again = world.open();
    expect(textsOf(again)).toEqual(textsFor(run(1, 4, 1)));
    await persist(again, run(5, 5, 1));
    again.close();
    expect(world.open().lastIndex).toBe(5);
  });

  it('fills segment after segment, and reads all of them', async () => {
    const store = world.open({ cacheBytes: 2000 });
    await persist(store, [], hardState(9));
    const all: Entry[] = [];
    for (let index = 1; index <= 60; index++) {
      const next = entry(index, 1, `${index} ${'x'.repeat(1500)}`);
      all.push(next);
      await persist(store, [next]);
      store.tick(index * 20);
    }
    expect(store.byteCount).toBeGreaterThan(6 * 16 * 1024);
    expect(textsOf(store)).toEqual(textsFor(all));
    const again = world.open({ cacheBytes: 2000 });
    expect(textsOf(again)).toEqual(textsFor(all));
    expect(textsOf(again, 1000, 30)).toEqual(textsFor(all.slice(29, 30)));
  });

  it('takes an entry that is larger than a segment', async () => {
    const store = await openInTerm9();
    const large = entry(2, 1, 'y'.repeat(100_000));
    await persist(store, [entry(1, 1), large, entry(3, 1)]);
    await persist(store, [entry(4, 1)]);
    const expected = textsFor([entry(1, 1), large, entry(3, 1), entry(4, 1)]);
    expect(textsOf(world.open())).toEqual(expected);
  });

  it('replaces entries of an earlier segment', async () => {
    const store = await openInTerm9();
    for (let index = 1; index <= 30; index++) {
      await persist(store, [entry(index, 1, 'x'.repeat(1500))]);
    }
    await persist(store, [entry(4, 2, 'new')]);
    expect(store.lastIndex).toBe(4);
    const again = world.open();
    expect(again.lastIndex).toBe(4);
    expect(again.termAt(4)).toBe(2);
    expect(textsOf(again, 0, 4)).toEqual(['new']);
  });

  it('marks itself when idle, and takes more afterwards', async () => {
    const store = await openInTerm9();
    await persist(store, run(1, 2, 1));
    for (let now = 0; now <= 400; now += 20) store.tick(now);
    await persist(store, run(3, 3, 1));
    expect(world.open().lastIndex).toBe(3);
  });

  it('is what a list would be, whatever is written, cut and killed', async () => {
    for (let seed = 1; seed <= 2; seed++) {
      world.end();
      world = createWorld();
      await compareWithList(world, new Prng(seed), seed);
    }
  });
});

async function compareWithList(world: StoreWorld, prng: Prng, seed: number): Promise<void> {
  let store = world.open({ cacheBytes: 3000 });
  let model: Entry[] = [];
  let state = hardState(1);
  await persist(store, [], state);
  for (let round = 0; round < 40; round++) {
    const requests: Promise<void>[] = [];
    for (let count = prng.between(1, 5); count > 0; count--) {
      const isNewTerm = prng.chance(0.3);
      if (isNewTerm) state = hardState(state.currentTerm + 1, prng.integer(4));
      const lastTerm = model.at(-1)?.term ?? 1;
      // Of an earlier leader's, or of this one's: a leader sends what it has.
      const term = prng.between(lastTerm, state.currentTerm);
      const isCut = term > lastTerm && prng.chance(0.6);
      const first = isCut ? prng.between(1, model.length) : model.length + 1;
      const entries = Array.from({ length: prng.integer(4) }, (_, at) =>
        entry(first + at, term, 'z'.repeat(prng.integer(2500))),
      );
      if (entries.length > 0) model = [...model.slice(0, first - 1), ...entries];
      requests.push(persist(store, entries, isNewTerm ? state : null));
    }
    if (prng.chance(0.3)) store.tick(round * 100);
    await Promise.all(requests);
    if (prng.chance(0.2)) {
      if (prng.chance(0.5)) store.close();
      store = world.open({ cacheBytes: 3000 });
    }
    expect(store.hardState, `seed ${seed}`).toEqual(state);
    expect(textsOf(store), `seed ${seed}`).toEqual(textsFor(model));
    expect(model.map(({ index }) => store.termAt(index))).toEqual(model.map(({ term }) => term));
  }
}
