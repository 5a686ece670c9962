// One process for a data directory: two would vote twice (R41). The lock is a file that names its
// owner by process id, start time and boot of the machine, so that neither a process that was
// killed nor another one with its number keeps the directory locked.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DataDirectoryError, isOutOfSpace } from './errors.ts';

const NAME = 'LOCK';
const ATTEMPTS_MAX = 100;

/** Takes the lock or throws DataDirectoryError; returns how to release it. */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, NAME);
  const own = `${process.pid} ${bootId()} ${startOf(process.pid)}`;
  for (let attempt = 0; !tryCreate(path, own); attempt++) {
    const owner = tryRead(path);
    // Released or taken away in this moment.
    if (owner === null && attempt < ATTEMPTS_MAX) continue;
    if (owner === null || isAlive(owner) || !tryMoveAway(path, owner)) refuse(owner, directory);
  }
  return () => {
    if (tryRead(path) === own) unlinkSync(path);
  };
}

/** In one step with its content: nobody ever sees a lock without an owner. */
function tryCreate(path: string, own: string): boolean {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, own, { mode: 0o600 });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (isOutOfSpace(error)) throw new DataDirectoryError(`${path}: no space left on the disk`);
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The owner is gone. False: another process was quicker, and what was moved is its lock. */
function tryMoveAway(path: string, owner: string): boolean {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
  try {
    if (tryRead(aside) === owner) return true;
    linkSync(aside, path);
    return false;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(aside);
  }
}

function refuse(owner: string | null, directory: string): never {
  const [pid = '?'] = (owner ?? '').split(' ');
  throw new DataDirectoryError(
    `${directory} is in use by process ${pid}; stop it first, or choose another --data`,
  );
}

function tryRead(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function isAlive(owner: string): boolean {
  const [pid = '', boot, start = ''] = owner.split(' ');
  if (boot !== bootId() || !/^\d+$/.test(pid)) return false;
  const startNow = startOf(Number(pid));
  if (start !== '' && startNow !== '') return start === startNow;
  // The machine does not tell. In a container the process before had the same number.
  if (Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** When the process was started, in a number of the machine's; empty if it does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name, which may hold anything: state is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
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
