// Goal: whatever moment a process dies at, the database and its applied index agree, and going on
// from there gives what a node without a crash has. How: the files are copied while the machine
// works, as a kill leaves them, and opened again.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MachineMutations } from '../../src/machine/mutations.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { Prng } from '../../src/util/prng.ts';
import { commandEntry, executeEntry, query, request } from './support/entries.ts';
import { dump, MachineWorld } from './support/machine-world.ts';

const ENTRIES = 60;
const APPEND = 'INSERT INTO list (value) VALUES (?) RETURNING id';
const CREATE = 'CREATE TABLE list (id INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'balsa-machine-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function createLog(): readonly Entry[] {
  const create = request([query('SELECT 1')], { statements: [[{ ...query(CREATE) }]] });
  const log = [commandEntry(1, { kind: 'register', nodeId: 1, incarnation: 1 })];
  log.push(executeEntry(2, { sessionId: 1, firstSequence: 1 }, [create]));
  for (let index = 3; index <= ENTRIES; index++) {
    const value = request([query(APPEND, [BigInt(index)])]);
    log.push(executeEntry(index, { sessionId: 1, firstSequence: index }, [value]));
  }
  return log;
}

/** A copy of the files as they are. */
function copyFiles(from: string, to: string): void {
  for (const suffix of ['', '-wal']) {
    if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix);
  }
}

function applyAll(world: MachineWorld, log: readonly Entry[], prng: Prng): void {
  while (world.machine.appliedIndex < log.length) {
    const from = world.machine.appliedIndex;
    world.machine.apply(log.slice(from, from + prng.between(1, 9)));
    if (prng.chance(0.2)) world.machine.checkpoint();
  }
}

function finalDump(world: MachineWorld, log: readonly Entry[]): string {
  applyAll(world, log, new Prng(7));
  const text = dump(world.database);
  world.database.close();
  return text;
}

/** Applied index and number of rows of a database that was copied while it was written. */
function recover(file: string): { readonly index: number; readonly rows: number } {
  const world = new MachineWorld({}, file);
  const [row] = world.machine.appliedIndex < 2 ? [] : world.rows('SELECT count(*) FROM list');
  const found = { index: world.machine.appliedIndex, rows: Number(row?.[0] ?? 0) };
  world.database.close();
  return found;
}

function crashes(mutations: MachineMutations): { readonly index: number; readonly rows: number }[] {
  const log = createLog();
  const prng = new Prng(3);
  const file = join(directory, 'state.sqlite');
  const world = new MachineWorld(mutations, file);
  const found: { index: number; rows: number }[] = [];
  while (world.machine.appliedIndex < log.length) {
    const from = world.machine.appliedIndex;
    world.machine.apply(log.slice(from, from + prng.between(1, 9)));
    const copy = join(directory, `copy-${from}.sqlite`);
    copyFiles(file, copy);
    if (mutations.appliedIndexInAnotherTransaction === true) world.machine.writeAppliedSeparately();
    if (prng.chance(0.2)) world.machine.checkpoint();
    found.push(recover(copy));
  }
  world.database.close();
  return found;
}

describe('after a kill', () => {
  it('the applied index and the effects agree (R51)', () => {
    for (const { index, rows } of crashes({})) expect(rows).toBe(Math.max(0, index - 2));
  });

  it('they would not if the index were written in a transaction of its own', () => {
    const found = crashes({ appliedIndexInAnotherTransaction: true });
    expect(found.some(({ index, rows }) => rows !== Math.max(0, index - 2))).toBe(true);
  });

  it('going on gives the state of a node that did not stop', () => {
    const log = createLog();
    const expected = finalDump(new MachineWorld(), log);
    for (const stop of [0, 1, 2, 30, 59]) {
      const file = join(directory, `stop-${stop}.sqlite`);
      const before = new MachineWorld({}, file);
      before.machine.apply(log.slice(0, stop));
      const copy = `${file}-copy`;
      copyFiles(file, copy);
      before.database.close();
      expect(finalDump(new MachineWorld({}, copy), log)).toBe(expected);
    }
  });
});

describe('what is durable (R56)', () => {
  it('is known after a checkpoint, and at the start', () => {
    const file = join(directory, 'state.sqlite');
    const world = new MachineWorld({}, file);
    world.machine.apply(createLog());
    expect(world.machine.durableIndex).toBe(0);
    expect(world.machine.checkpoint()).toBe(true);
    expect(world.machine.durableIndex).toBe(ENTRIES);
    world.database.close();
    const again = new MachineWorld({}, file);
    expect(again.machine.durableIndex).toBe(ENTRIES);
    again.database.close();
  });

  it('does not include what a reader holds up', () => {
    const file = join(directory, 'state.sqlite');
    const world = new MachineWorld({}, file);
    const log = createLog();
    world.machine.apply(log.slice(0, 10));
    const reader = new MachineWorld({}, file);
    reader.database.run('BEGIN');
    reader.rows('SELECT count(*) FROM list');
    world.machine.apply(log.slice(10));
    expect(world.machine.checkpoint()).toBe(false);
    expect(world.machine.durableIndex).toBe(0);
    reader.database.run('COMMIT');
    expect(world.machine.checkpoint()).toBe(true);
    expect(world.machine.durableIndex).toBe(ENTRIES);
    reader.database.close();
    world.database.close();
  });

  it('moves on by itself while much is written, and the log does not grow without end', () => {
    const world = new MachineWorld({}, join(directory, 'state.sqlite'));
    world.machine.apply(createLog().slice(0, 2));
    const grow = query('INSERT INTO list (value) SELECT value FROM json_each(?) RETURNING 0', [
      `[${Array.from({ length: 4000 }, (_, at) => at).join()}]`,
    ]);
    for (let round = 0; round < 400; round++) {
      const place = { sessionId: 1, firstSequence: 10 + round, ackLow: 10 + round };
      world.apply(executeEntry(world.nextIndex, place, [request([grow])]));
    }
    expect(world.machine.durableIndex).toBeGreaterThan(100);
    expect(world.database.walPages()).toBeLessThan(6000);
    world.database.close();
  });
});
