// Two processes on one data directory would vote twice (R41): of several only one gets in, and a
// process that is gone keeps nobody out.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory } from '../../src/storage/directory-lock.ts';
import { DataDirectoryError } from '../../src/storage/errors.ts';

const HOLDER = join(import.meta.dirname, 'lock-holder.ts');
/** Only there the machine tells when a process was started. */
const hasStartTimes = existsSync('/proc/self/stat');

let directory: string;
let children: ChildProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => kill(child)));
  rmSync(directory, { recursive: true });
});

function start(): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const child = spawn(process.execPath, [HOLDER, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  return { child, said: once(lines, 'line').then(([line]) => String(line)) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function lockText(): string {
  return readFileSync(join(directory, 'LOCK'), 'utf8');
}

describe('the lock of a data directory', () => {
  it('refuses a second process, and names the first', async () => {
    const { child, said } = start();
    expect(await said).toBe('locked');
    expect(() => lockDirectory(directory)).toThrow(DataDirectoryError);
    expect(() => lockDirectory(directory)).toThrow(`in use by process ${child.pid};`);
  });

  it('is held by this process against another', async () => {
    const release = lockDirectory(directory);
    expect(await start().said).toContain(`in use by process ${process.pid};`);
    release();
    expect(await start().said).toBe('locked');
  });

  it.runIf(hasStartTimes)('refuses the same process, too', () => {
    const release = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow('in use');
    release();
  });

  it('is free when the process was killed', async () => {
    const { child, said } = start();
    await said;
    await kill(child);
    lockDirectory(directory)();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is free after the machine was started again', () => {
    writeFileSync(join(directory, 'LOCK'), `${process.ppid} another-boot 17`);
    const release = lockDirectory(directory);
    expect(lockText()).toContain(`${process.pid} `);
    release();
  });

  it.runIf(hasStartTimes)('is free when another process has the number of its owner', async () => {
    const { child, said } = start();
    await said;
    const [, boot] = lockText().split(' ');
    writeFileSync(join(directory, 'LOCK'), `${child.pid} ${boot} 17`);
    lockDirectory(directory)();
  });

  it('is free when its file says nothing', () => {
    writeFileSync(join(directory, 'LOCK'), '');
    lockDirectory(directory)();
  });

  it('leaves the lock of another alone when released late', async () => {
    const release = lockDirectory(directory);
    rmSync(join(directory, 'LOCK'));
    const { said } = start();
    await said;
    release();
    expect(() => lockDirectory(directory)).toThrow('in use');
  });

  it('goes to one of several that find its owner gone', async () => {
    writeFileSync(join(directory, 'LOCK'), `${process.ppid} another-boot 17`);
    const said = await Promise.all(Array.from({ length: 6 }, () => start().said));
    expect(said.filter((line) => line === 'locked')).toHaveLength(1);
    expect(said.filter((line) => line.includes('is in use'))).toHaveLength(5);
  });
});
