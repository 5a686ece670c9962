// Whose directory it is (R115): written once, never guessed; and which disk each peer had.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirectoryError } from '../../src/storage/errors.ts';
import { openIdentity } from '../../src/storage/identity.ts';
import { KnownDisks } from '../../src/storage/known-disks.ts';
import { Prng } from '../../src/util/prng.ts';
import { MemoryDisk } from '../support/memory-disk.ts';
import { createFileWorld, createMemoryWorld } from './store-worlds.ts';
import type { StoreWorld } from './store-worlds.ts';

const CLUSTER = 'c'.repeat(32);
const IDENTITY = { clusterId: CLUSTER, nodeId: 2, diskId: 'd'.repeat(32) };
const OTHER_DISK = { ...IDENTITY, diskId: 'e'.repeat(32) };
const DISK_A = Buffer.alloc(16, 0xaa);
const DISK_B = Buffer.alloc(16, 0xbb);

function replace(world: StoreWorld, name: string, text: string): void {
  const path = `${world.directory}/${name}`;
  if (world.disk.exists(path)) world.disk.remove(path);
  const file = world.disk.open(path);
  file.write(0, Buffer.from(text));
  file.close();
}

describe.each([
  ['in memory', createMemoryWorld],
  ['in files', createFileWorld],
])('a data directory %s', (_name, createWorld) => {
  let world: StoreWorld;

  beforeEach(() => {
    world = createWorld();
  });

  afterEach(() => world.end());

  describe('has an identity that', () => {
    it('is what was wanted at first, and stays', () => {
      expect(openIdentity(world.disk, world.directory, IDENTITY)).toEqual(IDENTITY);
      // A new disk id is drawn at every start, and only used in a new directory.
      expect(openIdentity(world.disk, world.directory, OTHER_DISK)).toEqual(IDENTITY);
    });

    it('is made with the directory', () => {
      const directory = `${world.directory}/a/b`;
      openIdentity(world.disk, directory, IDENTITY);
      expect(world.disk.exists(`${directory}/identity.json`)).toBe(true);
    });

    it('is not another node', () => {
      openIdentity(world.disk, world.directory, IDENTITY);
      const open = () => openIdentity(world.disk, world.directory, { ...IDENTITY, nodeId: 3 });
      expect(open).toThrow(DataDirectoryError);
      expect(open).toThrow('belongs to node 2, but this is node 3');
    });

    it('is not of another cluster', () => {
      openIdentity(world.disk, world.directory, IDENTITY);
      const other = { ...IDENTITY, clusterId: 'f'.repeat(32) };
      const open = () => openIdentity(world.disk, world.directory, other);
      expect(open).toThrow('belongs to another cluster');
    });

    it.each([
      ['nothing', ''],
      ['half of it', '{"clusterId":"cccc'],
      ['no disk', JSON.stringify({ clusterId: CLUSTER, nodeId: 2 })],
      ['no number', JSON.stringify({ ...IDENTITY, nodeId: 'two' })],
      ['an id too short', JSON.stringify({ ...IDENTITY, diskId: 'd' })],
      ['something else', '[1, 2]'],
    ])('is not guessed where the file has %s', (_what, text) => {
      replace(world, 'identity.json', text);
      expect(() => openIdentity(world.disk, world.directory, IDENTITY)).toThrow(
        /identity.json is damaged/,
      );
    });
  });

  describe('knows the disks of peers, and', () => {
    it('takes what it sees first', () => {
      const disks = new KnownDisks(world.disk, world.directory);
      expect(disks.verify(1, DISK_A)).toBeNull();
      expect(disks.verify(1, DISK_A)).toBeNull();
      expect(disks.verify(3, DISK_B)).toBeNull();
    });

    it('refuses a peer that comes with another one, for ever', () => {
      new KnownDisks(world.disk, world.directory).verify(1, DISK_A);
      const again = new KnownDisks(world.disk, world.directory);
      expect(again.verify(1, DISK_B)).toContain('node 1 comes with another disk');
      expect(again.verify(1, DISK_A)).toBeNull();
      const later = new KnownDisks(world.disk, world.directory);
      expect(later.verify(1, DISK_B)).not.toBeNull();
    });

    it('does not start with a list that cannot be read', () => {
      replace(world, 'known-disks.json', '{"1":');
      expect(() => new KnownDisks(world.disk, world.directory)).toThrow(/damaged/);
    });
  });
});

describe('after a power failure', () => {
  it('an identity that was given out is still there, and a disk that was accepted', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const disk = new MemoryDisk({ scheduleSync: (done) => done(null) });
      openIdentity(disk, 'data', IDENTITY);
      new KnownDisks(disk, 'data').verify(1, DISK_A);
      disk.failPower(new Prng(seed));
      expect(openIdentity(disk, 'data', OTHER_DISK)).toEqual(IDENTITY);
      expect(new KnownDisks(disk, 'data').verify(1, DISK_B)).not.toBeNull();
    }
  });
});
