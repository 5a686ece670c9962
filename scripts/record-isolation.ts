// Records what PostgreSQL answers to the scripts of test/isolation, in .postgres files beside them,
// for readers who want to know how the two differ. Needs PostgreSQL installed; no test reads them.
// Arguments: names of scripts, without `.golden`; none: all.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseScript, recordScenario } from '../test/isolation/script.ts';
import { startPostgres } from '../test/support/postgres.ts';

const DIRECTORY = resolve(import.meta.dirname, '../test/isolation/scripts');
/** A statement that has no answer by then waits for another session. */
const PATIENCE_MS = 300;

const only = process.argv.slice(2).map((name) => `${name}.golden`);

function isWanted(file: string): boolean {
  return only.length === 0 ? file.endsWith('.golden') : only.includes(file);
}

const postgres = await startPostgres();
if (postgres === null) throw new Error('PostgreSQL is not installed');
const { version, connect } = postgres;

try {
  for (const name of readdirSync(DIRECTORY).filter(isWanted)) {
    const scenarios = parseScript(readFileSync(join(DIRECTORY, name), 'utf8'));
    const recorded: string[] = [];
    for (const { title, lines } of scenarios) {
      const steps = lines.filter(({ kind }) => kind === 'step');
      const recording = { connect, waits: () => setTimeout(PATIENCE_MS) };
      recorded.push(await recordScenario({ title, lines: steps }, recording));
    }
    const text = `# ${version}\n\n${recorded.join('\n\n')}\n`;
    writeFileSync(join(DIRECTORY, name.replace('.golden', '.postgres')), text);
    console.log(`${name}: recorded from ${version}`);
  }
} finally {
  postgres.stop();
}
