// Disks to run the same tests of the log on: one in memory, and files in a temporary directory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disk, DiskFile } from '../../src/storage/disk.ts';
import { FileLogStore } from '../../src/storage/file-log-store.ts';
import type { LogStoreOptions } from '../../src/storage/file-log-store.ts';
import { nodeDisk } from '../../src/storage/node-disk.ts';
import { MemoryDisk } from '../support/memory-disk.ts';

export interface StoreWorld {
  readonly disk: Disk;
  /** Where files go. */
  readonly directory: string;
  /** Opens the log, as the next process would: the one before has been killed, if not closed. */
  open(options?: Partial<LogStoreOptions>): FileLogStore;
  end(): void;
}

function optionsFor(disk: Disk, directory: string): LogStoreOptions {
  let salt = 0;
  return {
    disk,
    directory: `${directory}/log`,
    segmentBytes: 16 * 1024,
    randomUint32: () => ++salt,
    onFailure(error) {
      throw error;
    },
  };
}

export function createMemoryWorld(): StoreWorld {
  const disk = new MemoryDisk({ scheduleSync: (done) => void setImmediate(() => done(null)) });
  const options = optionsFor(disk, 'data');
  return {
    disk,
    directory: 'data',
    open(more) {
      disk.killProcess();
      return FileLogStore.open({ ...options, ...more });
    },
    end: () => undefined,
  };
}

export function createFileWorld(): StoreWorld {
  const directory = mkdtempSync(join(tmpdir(), 'log-store-'));
  // What a killed process leaves open, the test has to close.
  const opened: DiskFile[] = [];
  const disk: Disk = {
    ...nodeDisk,
    open(path) {
      const file = closedOnce(nodeDisk.open(path));
      opened.push(file);
      return file;
    },
  };
  const options = optionsFor(disk, directory);
  return {
    disk,
    directory,
    open: (more) => FileLogStore.open({ ...options, ...more }),
    end() {
      for (const file of opened) file.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function closedOnce(file: DiskFile): DiskFile {
  let isOpen = true;
  return {
    byteCount: () => file.byteCount(),
    read: (position, byteCount) => file.read(position, byteCount),
    write: (position, bytes) => file.write(position, bytes),
    sync: (callback) => file.sync(callback),
    syncNow: () => file.syncNow(),
    close() {
      if (isOpen) file.close();
      isOpen = false;
    },
  };
}
