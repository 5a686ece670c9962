// Disks of a few hundred megabytes in memory, to be filled up: only root may mount them.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILLER = 'filler';
const CHUNK = Buffer.alloc(1024 * 1024, 'x');

export function mountSmallDisk(directory: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], {
    stdio: 'pipe',
  });
}

/** Also while somebody still has a file of it. */
export function unmountSmallDisk(directory: string): void {
  execFileSync('umount', ['-l', directory], { stdio: 'pipe' });
}

/** Why disks cannot be mounted here, or null if they can. */
export function whyNoSmallDisks(): string | null {
  const directory = mkdtempSync(join(tmpdir(), 'balsa-mount-'));
  try {
    mountSmallDisk(directory, 1);
    unmountSmallDisk(directory);
    return null;
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim();
  } finally {
    rmdirSync(directory);
  }
}

/** To the last byte, whatever else writes there. */
export function fillDisk(directory: string): void {
  const file = openSync(join(directory, FILLER), 'a');
  try {
    for (let bytes = CHUNK.length; bytes >= 512;) {
      try {
        writeSync(file, CHUNK, 0, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        bytes /= 2;
      }
    }
  } finally {
    closeSync(file);
  }
}

export function freeDisk(directory: string): void {
  rmSync(join(directory, FILLER), { force: true });
}
