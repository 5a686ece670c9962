// Goal: locks are taken and released exactly once, by the entries of the log alone. How: requests to
// a machine, their copies, the ends of those who hold, and a restart.
import { describe, expect, it } from 'vitest';
import type { LockAction, Outcome, Request } from '../../src/machine/command.ts';
import { EXCLUSIVE } from '../../src/sql/functions/lock-modes.ts';
import { dump, MachineWorld } from './support/machine-world.ts';
import { executeEntry, request, step } from './support/entries.ts';

type Policy = Extract<LockAction, { kind: 'acquire' }>['policy'];

function acquire(resource: string, policy: Policy = 'wait', transaction = 0): LockAction {
  return { kind: 'acquire', resource, mode: EXCLUSIVE, transaction, policy };
}

function release(resource: string): LockAction {
  return { kind: 'release', resource, mode: EXCLUSIVE, transaction: 0 };
}

function locks(owner: number, ...actions: LockAction[]): Request {
  return request([], { locks: { owner, actions } });
}

/** A transaction without statements that holds locks. */
function commit(owner: number, transaction: number, more: Partial<Request> = {}): Request {
  const recording = { snapshot: 0, statements: [], sequences: [], staged: null };
  return request([], { recording: { ...recording, locks: { owner, transaction } }, ...more });
}

function results(outcomes: readonly Outcome[] | null): readonly unknown[] {
  return (outcomes ?? []).map((outcome) =>
    outcome.kind === 'done' ? (outcome.results[0]?.rows ?? []).flat() : outcome.kind,
  );
}

class LockWorld extends MachineWorld {
  readonly session = this.register();
  #sequence = 1;

  /** In one entry; what each request gave. */
  run(...requests: Request[]): readonly unknown[] {
    const first = this.#sequence;
    this.#sequence += requests.length;
    return results(this.execute(this.session, first, requests));
  }

  granted(): readonly string[] {
    return (this.lastResult?.grants ?? []).map(
      ({ owner, resource, token }) => `${owner} ${resource} ${token}`,
    );
  }
}

describe('a request for a lock', () => {
  it('gives the index of its entry, and later those who wait', () => {
    const w = new LockWorld();
    expect(w.run(locks(1, acquire('a')))).toEqual([[2n]]);
    expect(w.run(locks(2, acquire('a')), locks(3, acquire('a', 'nowait')))).toEqual([[0n], [-1n]]);
    expect(w.run(locks(1, release('a')))).toEqual([[1n]]);
    expect(w.granted()).toEqual(['2 a 4']);
    expect(w.run(locks(1, release('a')))).toEqual([[0n]]);
  });

  it('stops at the first that it does not get, unless that is skipped', () => {
    const w = new LockWorld();
    w.run(locks(1, acquire('b')));
    const all = (policy: Policy): LockAction[] => ['a', 'b', 'c'].map((r) => acquire(r, policy));
    expect(w.run(locks(2, ...all('skip')))).toEqual([[3n, -1n, 3n]]);
    expect(w.run(locks(3, ...all('nowait')))).toEqual([[-1n, -3n, -3n]]);
    expect(w.run(locks(2, acquire('b'), acquire('d')))).toEqual([[0n, -3n]]);
    expect(w.run(locks(1, acquire('a')))).toEqual([[-2n]]);
  });

  it('does nothing when it comes again', () => {
    const w = new LockWorld();
    const entry = (
      index: number,
      sequence: number,
      one: Request,
    ): ReturnType<typeof executeEntry> =>
      executeEntry(index, { sessionId: w.session, firstSequence: sequence }, [one]);
    w.apply(entry(2, 1, locks(1, acquire('a'))));
    w.apply(entry(3, 1, locks(1, acquire('a'))));
    w.apply(entry(4, 2, locks(1, release('a'))));
    expect(w.machine.locks.size).toBe(0);
    w.apply(entry(5, 3, locks(2, acquire('a'))));
    w.apply(entry(6, 2, locks(1, release('a'))));
    w.apply(entry(7, 1, locks(1, acquire('a'))));
    expect(w.rows('SELECT owner, count, token FROM "balsa.lock"')).toEqual([[2n, 1n, 5n]]);
  });

  it('is about any schema', () => {
    const w = new LockWorld();
    expect(w.run({ ...locks(1, acquire('a')), schemaVersion: 77 })).toEqual([[2n]]);
  });
});

describe('locks of a transaction', () => {
  it('end with its commit, in the same entry', () => {
    const w = new LockWorld();
    w.run(locks(1, acquire('a', 'wait', 5), acquire('b')), locks(2, acquire('a')));
    expect(w.run(commit(1, 5))).toEqual([[]]);
    expect(w.granted()).toEqual(['2 a 3']);
    expect(w.rows('SELECT resource, owner FROM "balsa.lock" ORDER BY 1')).toEqual([
      ['a', 2n],
      ['b', 1n],
    ]);
  });

  it('stay if it is to be proposed again', () => {
    const w = new LockWorld();
    w.run(locks(1, acquire('a', 'wait', 5)));
    expect(w.run(commit(1, 5, { schemaVersion: 9 }))).toEqual(['stale-schema']);
    expect(w.machine.locks.size).toBe(1);
  });

  it('that were lost keep it from taking effect', () => {
    const w = new LockWorld();
    w.run(locks(1, acquire('a', 'wait', 5)));
    w.run(locks(1, { kind: 'release-transaction', transaction: 5 }));
    expect(w.run(commit(1, 5))).toEqual(['locks-lost']);
  });
});

describe('who ends', () => {
  it('as a client leaves nothing', () => {
    const w = new LockWorld();
    w.run(locks(1, acquire('a'), acquire('b', 'wait', 5)), locks(2, acquire('a')));
    w.run(locks(1, { kind: 'release-owner' }));
    expect(w.granted()).toEqual(['2 a 3']);
    expect(w.machine.locks.size).toBe(1);
  });

  it('as a gateway leaves nothing: closed, or registered anew', () => {
    for (const end of ['close', 'register'] as const) {
      const w = new LockWorld();
      const other = w.register(2);
      w.run(locks(1, acquire('a')));
      w.execute(other, 1, [locks(1, acquire('a'))]);
      if (end === 'close') w.close(w.session);
      else w.register(1, 2);
      expect(w.granted()).toEqual([`1 a ${w.machine.appliedIndex}`]);
      expect(w.rows('SELECT session_id FROM "balsa.lock"')).toEqual([[BigInt(other)]]);
      expect(w.run(locks(1, acquire('b')))).toEqual(['session-expired']);
    }
  });

  it('as a gateway that has shown itself after all keeps everything', () => {
    const w = new LockWorld();
    w.run(locks(1, acquire('a')));
    const known = w.machine.appliedIndex;
    expect(w.machine.holders()).toEqual([{ sessionId: w.session, nodeId: 1, lastIndex: known }]);
    w.run(locks(0));
    expect(w.close(w.session, known).outcomes).toEqual([]);
    expect(w.machine.locks.size).toBe(1);
    expect(w.close(w.session, known + 1).outcomes).toMatchObject([{ kind: 'closed', nodeId: 1 }]);
    expect(w.machine.locks.size).toBe(0);
    expect(w.machine.holders()).toEqual([]);
    // Of a session that is closed already nothing is told.
    expect(w.close(w.session).outcomes).toEqual([]);
  });

  it('as a process knows when a gateway has shown itself last', () => {
    const w = new LockWorld();
    const idle = w.register(2);
    w.execute(idle, 1, [locks(1, acquire('b'))]);
    w.run(locks(1, acquire('a')));
    w.run(locks(1, acquire('a')), locks(2, acquire('a')));
    const restarted = new MachineWorld({}, w.database.serialize());
    expect(restarted.machine.holders()).toEqual(w.machine.holders());
    expect(w.machine.holders().map(({ lastIndex }) => lastIndex)).toEqual([5, 3]);
  });

  it('as a process finds the locks of others as they were', () => {
    const w = new LockWorld();
    w.run(locks(1, acquire('a')), locks(2, acquire('a')), locks(3, acquire('a')));
    const restarted = new MachineWorld({}, w.database.serialize());
    const place = { sessionId: w.session, firstSequence: 4 };
    const next = executeEntry(w.nextIndex, place, [locks(1, release('a'))]);
    w.apply(next);
    restarted.apply(next);
    expect(restarted.lastResult?.grants).toEqual(w.lastResult?.grants);
    expect(dump(restarted.database)).toBe(dump(w.database));
  });
});

it('a request of another kind is not held up by locks', () => {
  const w = new LockWorld();
  w.run(locks(1, acquire('a')));
  expect(w.run(request([step('CREATE TABLE x (a)')]))).toEqual([[]]);
});
