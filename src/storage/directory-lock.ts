// One process for a data directory: two would vote twice (R41).
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DataDirectoryError } from './errors.ts';

const NAME = 'LOCK';
const SETTLE_MS = 50;

/** Takes the lock or throws DataDirectoryError; returns how to release it. */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, NAME);
  const own = `${process.pid} ${bootId()}`;
  if (!tryCreate(path, own)) takeOver(path, own, directory);
  return () => {
    if (readOwner(path) === own) unlinkSync(path);
  };
}

function tryCreate(path: string, own: string): boolean {
  try {
    const descriptor = openSync(path, 'wx', 0o600);
    writeSync(descriptor, own);
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The owner is gone: of several that see it at once, the last to write is the one that goes on. */
function takeOver(path: string, own: string, directory: string): void {
  const owner = readOwner(path);
  if (owner !== null && isAlive(owner)) refuse(owner, directory);
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, own, { mode: 0o600 });
  renameSync(temporary, path);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SETTLE_MS);
  const winner = readOwner(path);
  if (winner !== own) refuse(winner ?? 'unknown', directory);
}

function refuse(owner: string, directory: string): never {
  const [pid = '?'] = owner.split(' ');
  throw new DataDirectoryError(
    `${directory} is in use by process ${pid}; stop it first, or choose another --data`,
  );
}

function readOwner(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAlive(owner: string): boolean {
  const [pid, boot] = owner.split(' ');
  if (boot !== bootId() || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Changes with every boot of the machine, where the machine tells. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
