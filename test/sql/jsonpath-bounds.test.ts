// What a jsonpath does counts as work, and neither a path nor a value is too deep for the stack.
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/types/json-text.ts';
import { formatJsonPath } from '../../src/types/jsonpath/format.ts';
import { parseJsonPath } from '../../src/types/jsonpath/parser.ts';
import { valuesOf } from '../../src/sql/functions/jsonpath/execute.ts';

const WORK_MAX = 1_000_000;

function run(path: string, json: string): { readonly count: number; readonly work: number } {
  let work = 0;
  const spend = (done: number): void => {
    work += done;
    if (work > WORK_MAX) throw new Error('too much work');
  };
  const values = valuesOf(parseJsonPath(path), {
    root: parseJson(json),
    variables: new Map(),
    spend,
  });
  return { count: [...values].length, work };
}

describe('work', () => {
  const numbers = `[${Array.from({ length: 2000 }, (_, at) => at).join()}]`;

  it('is in proportion to the values that are looked at', () => {
    const { work } = run('$[*] ? (@ > 5)', numbers);
    expect(work).toBeGreaterThan(2 * 2000);
    expect(work).toBeLessThan(30 * 2000);
  });

  it.each([
    ['pairs', '$ ? ($[*] == $[*] + 0.5)', numbers],
    ['pairs', '$ ? ($[*] > $[*] && $[*] == "x")', `[${'1,'.repeat(2000)}0]`],
    ['nested filters', '$[*] ? (exists($[*] ? (@ < 0)))', numbers],
    ['repeated subscripts', `$[${'0 to last,'.repeat(1000)}0]`, numbers],
    ['long texts', '$[*] ? ($[*] == @)', JSON.stringify(Array(1000).fill('x'.repeat(1000)))],
    ['levels', `$${'.**'.repeat(8)}`, `${'['.repeat(40)}${']'.repeat(40)}`],
  ])('of %s ends', (_what, path, json) => {
    expect(() => run(path, json)).toThrow('too much work');
  });
});

describe('depth', () => {
  const deep = `${'['.repeat(900)}${']'.repeat(900)}`;

  it.each([
    ['parentheses', `${'('.repeat(10_000)}$${')'.repeat(10_000)}`],
    ['signs', `${'-'.repeat(10_000)}$`],
    ['operators', `$${' + 1'.repeat(10_000)}`],
    ['conditions', `$ ? (@ == 1${' && @ == 1'.repeat(4000)})`],
    ['filters', `$${' ? (@'.repeat(5000)}`],
    ['accessors', `$${'.a'.repeat(10_000)}`],
  ])('of %s is bounded', (_what, path) => {
    expect(() => parseJsonPath(path)).toThrow('stack depth limit exceeded');
  });

  it('is enough for what is allowed', () => {
    const path = `$${'.a'.repeat(390)}`;
    expect(run(path, '{}').count).toBe(0);
    expect(run(`${'('.repeat(390)}$ + 1${')'.repeat(390)}`, '1').count).toBe(1);
    expect(run(`1${' + 1'.repeat(390)}`, '1').count).toBe(1);
    expect(run('$.**', deep).count).toBe(900);
    expect(formatJsonPath(parseJsonPath(path))).toContain('."a"');
  });
});

it('refuses a text that is too long', () => {
  expect(() => parseJsonPath(`$${' '.repeat(70_000)}`)).toThrow('is not supported');
});
