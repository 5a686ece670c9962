// Disk over node:fs.
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  statfsSync,
  unlinkSync,
  writeSync,
  constants,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';

export const nodeDisk: Disk = {
  makeDirectory(path) {
    const first = mkdirSync(path, { recursive: true });
    if (first !== undefined) syncDirectory(dirname(first));
  },
  list: (directory) => readdirSync(directory).sort(),
  exists: existsSync,
  open: (path) => new NodeFile(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)),
  rename: renameSync,
  remove: unlinkSync,
  syncDirectory,
  freeBytes,
};

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

class NodeFile implements DiskFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  byteCount(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(position: number, byteCount: number): Buffer {
    const buffer = Buffer.allocUnsafe(byteCount);
    let done = 0;
    while (done < byteCount) {
      const got = readSync(this.#descriptor, buffer, done, byteCount - done, position + done);
      if (got === 0) break;
      done += got;
    }
    return buffer.subarray(0, done);
  }

  write(position: number, bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, position + done);
    }
  }

  sync(callback: (error: Error | null) => void): void {
    fdatasync(this.#descriptor, callback);
  }

  syncNow(): void {
    fdatasyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
