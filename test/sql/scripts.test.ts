// The statements of test/sql and test/types, in this process, against what PostgreSQL
// answered. With SHOW=1 the answers that differ are printed as they would stand in a .differs file.
import { describe, expect, it } from 'vitest';
import { transcriptOf } from '../slt/transcript.ts';
import { Engine } from './support/engine.ts';
import { blocksOf, scripts, statementsOfScript } from './support/scripts.ts';
import { SessionEngine } from './support/session-engine.ts';

describe.each(scripts())('$name', ({ file, expectedFile, differsFile, isOfSession }) => {
  it('is answered as PostgreSQL does', async () => {
    const engine = isOfSession ? await SessionEngine.start() : new Engine();
    const known = blocksOf(differsFile);
    const expected = blocksOf(expectedFile);
    const statements = statementsOfScript(file);
    const wrong: string[] = [];
    for (const [at, statement] of statements.entries()) {
      const text = await transcriptOf([statement], (each) => engine.answer(each));
      const actual = text.trimEnd();
      if (actual !== expected[at]?.trimEnd() && !known.includes(actual)) {
        wrong.push(
          `${actual}\n< ${(expected[at] ?? '').split('\n').slice(statement.split('\n').length).join('\n< ')}`,
        );
      }
    }
    if (engine instanceof SessionEngine) await engine.close();
    expect(wrong).toEqual([]);
    expect(statements.length).toBe(expected.length);
  });

  it('has no known differences that are gone', () => {
    const expected = new Set(blocksOf(expectedFile));
    const stale = blocksOf(differsFile).filter((block) => expected.has(block));
    expect(stale).toEqual([]);
  });
});
