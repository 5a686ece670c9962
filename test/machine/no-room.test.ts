// A disk without room for the database (R47): nothing took effect, nothing is wrong, and a machine
// that is opened again goes on as if nothing had been.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isNoRoom } from '../../src/machine/database.ts';
import type { Database } from '../../src/machine/database.ts';
import type { Entry } from '../../src/raft/entry.ts';
import { commandEntry, executeEntry, request, step } from './support/entries.ts';
import { dump, MachineWorld } from './support/machine-world.ts';

const CREATE = 'CREATE TABLE list (id INTEGER PRIMARY KEY, value TEXT NOT NULL) STRICT';
const FILL = `INSERT INTO list (value) VALUES (replace(hex(zeroblob(1000000)), '00', 'xy'))`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'balsa-machine-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const LOG: readonly Entry[] = [
  commandEntry(1, { kind: 'register', nodeId: 1, incarnation: 1 }),
  ...[CREATE, FILL, FILL].map((sql, at) =>
    executeEntry(at + 2, { sessionId: 1, firstSequence: at + 1 }, [request([step(sql)])]),
  ),
];

/** No page more than there are; null for as many as you like. */
function limit(database: Database, isFull: boolean): void {
  const pages = Number(database.rows('PRAGMA page_count')[0]?.[0] ?? 0);
  database.run(`PRAGMA max_page_count = ${isFull ? pages : 1_000_000}`);
}

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

it('undoes the entries, and a machine that is opened again applies them', () => {
  const file = join(directory, 'state.sqlite');
  const world = new MachineWorld({}, file);
  world.machine.apply(LOG.slice(0, 2));
  limit(world.database, true);
  const error = errorOf(() => world.machine.apply(LOG.slice(2)));
  expect(isNoRoom(error)).toBe(true);
  expect(world.rows('SELECT * FROM list')).toEqual([]);
  world.database.close();

  const again = new MachineWorld({}, file);
  expect(again.machine.appliedIndex).toBe(2);
  expect(again.machine.apply(LOG.slice(2)).outcomes).toHaveLength(2);
  const other = new MachineWorld();
  other.machine.apply(LOG);
  expect(again.machine.applyHash).toEqual(other.machine.applyHash);
  expect(dump(again.database)).toBe(dump(other.database));
  again.database.close();
});

it('is nothing else than a full disk', () => {
  expect(isNoRoom(new Error('database or disk is full'))).toBe(false);
  expect(isNoRoom(errorOf(() => new MachineWorld().rows('SELECT nothing')))).toBe(false);
});
