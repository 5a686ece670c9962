// Where a sync is done depends on how long the last ones took, and on nothing else.
import { expect, it } from 'vitest';
import type { Disk, DiskFile } from '../../src/storage/disk.ts';
import { pacedDisk } from '../../src/storage/paced-disk.ts';

/** A disk whose syncs take a given time, and which knows who did them. */
class TimedDisk {
  now = 0;
  syncMs = 0.2;
  failure: Error | null = null;
  readonly log: ('inline' | 'pool')[] = [];
  readonly file: DiskFile;

  constructor() {
    const file = {
      sync: (callback: (error: Error | null) => void): void => {
        this.log.push('pool');
        this.now += this.syncMs;
        callback(this.failure);
      },
      syncNow: (): void => {
        this.log.push('inline');
        this.now += this.syncMs;
        if (this.failure !== null) throw this.failure;
      },
    } as DiskFile;
    this.file = pacedDisk({ open: () => file } as unknown as Disk, () => this.now).open('log');
  }

  /** Syncs, and says how: once for a run of the same kind. */
  syncs(count: number, ms: number): string {
    this.syncMs = ms;
    this.log.length = 0;
    for (let at = 0; at < count; at++) this.file.sync(() => undefined);
    const runs: [string, number][] = [];
    for (const kind of this.log) {
      const last = runs.at(-1);
      if (last?.[0] === kind) last[1] += 1;
      else runs.push([kind, 1]);
    }
    return runs.map(([kind, times]) => `${kind} ${times}`).join(', ');
  }
}

it('a quick disk is synced by the calling thread after a trial', () => {
  expect(new TimedDisk().syncs(1000, 0.3)).toBe('pool 64, inline 936');
});

it('a slow disk never is', () => {
  expect(new TimedDisk().syncs(1000, 3)).toBe('pool 1000');
});

it('one slow sync is enough to go back to the pool, each time for longer', () => {
  const disk = new TimedDisk();
  disk.syncs(100, 0.3);
  expect(disk.syncs(1, 50)).toBe('inline 1');
  expect(disk.syncs(3, 50)).toBe('pool 3');
  // The mean has to come down before the trial counts.
  expect(disk.syncs(1000, 0.3)).toMatch(/^pool 1[2-6]\d, inline \d+$/);
  expect(disk.syncs(1, 11)).toBe('inline 1');
  expect(disk.syncs(1000, 0.3)).toMatch(/^pool 2[5-9]\d, inline \d+$/);
});

it('a disk that is rather slow all the time goes to the pool as well', () => {
  const disk = new TimedDisk();
  disk.syncs(100, 0.3);
  expect(disk.syncs(100, 4)).toMatch(/^inline \d, pool 9\d$/);
});

it('passes failures on, wherever the sync is done', () => {
  const disk = new TimedDisk();
  disk.failure = new Error('EIO');
  const seen: (Error | null)[] = [];
  for (let at = 0; at < 70; at++) disk.file.sync((error) => seen.push(error));
  expect(new Set(disk.log)).toEqual(new Set(['pool', 'inline']));
  expect(seen).toEqual(new Array(70).fill(disk.failure));
});
