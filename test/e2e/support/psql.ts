// psql as a child process, and scripts of it whose output is recorded from PostgreSQL (.psql): steps
// as in a .wire script, each with what psql prints below its rule.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireStep } from '../../support/wire/wire-script.ts';

/** Major version of the psql that is installed, null if none is. */
export const PSQL_VERSION = installedVersion();

function installedVersion(): number | null {
  const { stdout } = spawnSync('psql', ['--version'], { encoding: 'utf8' });
  const major = /(\d+)/.exec(stdout ?? '')?.[1];
  return major === undefined ? null : Number(major);
}

export interface PsqlResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs psql without startup files; `connection` as a connection string. */
export function psql(connection: string, ...options: readonly string[]): Promise<PsqlResult> {
  return new Promise((done, fail) => {
    const child = spawn('psql', ['-X', '-d', connection, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PGCONNECT_TIMEOUT: '10' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    child.on('error', fail).on('close', (status) => done({ status, stdout, stderr }));
  });
}

const MARK = '=== step';

/** The steps with what psql printed for each: results, and errors as they come between them. */
export async function runPsqlScript(
  connection: string,
  steps: readonly WireStep[],
): Promise<readonly WireStep[]> {
  const directory = mkdtempSync(join(tmpdir(), 'balsa-psql-'));
  const file = join(directory, 'script.sql');
  const parts = steps.map(({ input }) => [`\\echo '${MARK}'`, ...input].join('\n'));
  // Errors go to the standard output too, so that they keep their place.
  writeFileSync(file, `${parts.join('\n')}\n`);
  try {
    const output = await shell(`psql -X -f '${file}' -d '${connection}' 2>&1`);
    const answers = output.split(`${MARK}\n`).slice(1);
    return steps.map((step, at) => ({ ...step, expected: linesOf(answers[at] ?? '') }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Without blank lines and blanks at the ends, and without the place in the script. */
function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd().replace(/^psql:[^ ]*:\d+: /, ''))
    .filter((line) => line !== '');
}

function shell(command: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    child.on('error', fail).on('close', () => done(output));
  });
}
