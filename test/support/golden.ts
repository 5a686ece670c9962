// Golden scripts: blocks of commands, `----`, and what came out of them, recorded. A test runs the
// commands and compares; UPDATE_GOLDEN=1 records anew, and the difference is to be reviewed like
// code. A block ends at an empty line; lines with # say why it is there.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SEPARATOR = '----';

interface Block {
  readonly comments: readonly string[];
  readonly commands: readonly string[];
}

/** Runs one command; what it says, a line each. */
export type RunCommand = (command: string) => readonly string[];

function parseBlocks(text: string): readonly Block[] {
  const blocks = text.trim().split(/\n{2,}/);
  return blocks.map((block) => {
    const lines = block.split('\n');
    const end = lines.indexOf(SEPARATOR);
    const input = end === -1 ? lines : lines.slice(0, end);
    return {
      comments: input.filter((line) => line.startsWith('#')),
      commands: input.filter((line) => !line.startsWith('#')),
    };
  });
}

/** The script again, with what comes out now. */
function record(text: string, run: RunCommand): string {
  const blocks = parseBlocks(text).map(({ comments, commands }) => {
    if (commands.length === 0) return comments;
    const output = commands.flatMap((command) => run(command));
    return [...comments, ...commands, SEPARATOR, ...output];
  });
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** One test for each script in the directory and below, each with a runner of its own. */
export function testGoldenScripts(directory: string, createRunner: () => RunCommand): void {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const scripts = files.filter((name) => name.endsWith('.golden')).sort();
  describe.each(scripts)('%s', (name) => {
    it('says what was recorded', () => {
      const path = join(directory, name);
      const text = readFileSync(path, 'utf8');
      const actual = record(text, createRunner());
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, actual);
      else expect(actual).toBe(text);
    });
  });
}
