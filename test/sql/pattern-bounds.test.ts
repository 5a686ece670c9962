// Patterns of clients are matched in counted time: a statement that takes too much of it is ended,
// on all nodes alike, and none of the work goes uncounted.
import { describe, expect, it } from 'vitest';
import { PgError } from '../../src/errors/pg-error.ts';
import { PATTERN_MATCHING_OPERATORS } from '../../src/sql/functions/patterns.ts';
import {
  codePoints,
  compileRegex,
  matchesOf,
  matchesRegex,
} from '../../src/sql/functions/regex/regex.ts';
import type { CallContext } from '../../src/sql/functions/signature.ts';
import type { SqliteValue } from '../../src/types/sqlite-value.ts';

const BYTEA = 17;
const LENGTH = 20_000;
/** Small, so that the tests are quick: what counts is that it is counted. */
const WORK_MAX = 100_000;

class Work {
  spent = 0;

  readonly spend = (work: number): void => {
    this.spent += work;
    if (this.spent > WORK_MAX) throw new PgError('54000', 'too much work');
  };
}

function call(name: string, isBytea: boolean, args: readonly SqliteValue[]): SqliteValue {
  const found = PATTERN_MATCHING_OPERATORS.find(
    (one) => one.name === name && (one.left === BYTEA) === isBytea,
  );
  if (found?.implementation.kind !== 'js') throw new Error(`no operator ${name}`);
  return found.implementation.call(args, new Work() as unknown as CallContext);
}

const tooMuch = expect.objectContaining({ code: '54000' }) as unknown;

function errorOf(action: () => unknown): unknown {
  try {
    action();
    return null;
  } catch (error) {
    return error;
  }
}

describe('LIKE over a long text', () => {
  const text = 'a'.repeat(2 * LENGTH);
  const pattern = `%_${'a'.repeat(LENGTH)}b%`;

  it.each(['~~', '!~~', '~~*', '!~~*'])('is ended: %s', (name) => {
    expect(errorOf(() => call(name, false, [text, pattern]))).toEqual(tooMuch);
  });

  it('is ended for bytes too', () => {
    const bytes = [Buffer.from(text), Buffer.from(pattern)];
    expect(errorOf(() => call('~~', true, bytes))).toEqual(tooMuch);
  });

  it('goes through if it is simple', () => {
    expect(call('~~', false, [text, 'a%a_'])).toBe(1n);
    expect(call('~~', true, [Buffer.from(text), Buffer.from('a%a_')])).toBe(1n);
  });
});

describe('a regular expression over a long text', () => {
  it('counts what it needs to remember', () => {
    const work = new Work();
    const program = compileRegex('x{20}');
    expect(matchesRegex(program, 'x'.repeat(100 * LENGTH), work.spend)).toBe(true);
    expect(work.spent).toBeGreaterThan((20 * 100 * LENGTH) / 1024);
  });

  it('finds one match after the other, more than a byte counts', () => {
    const work = new Work();
    const points = codePoints('ab'.repeat(LENGTH));
    const matches = [...matchesOf(compileRegex('(a)(?=b)'), points, work.spend)];
    expect(matches).toHaveLength(LENGTH);
    expect(matches[1000]).toEqual([2000, 2001, 2000, 2001]);
    expect(matches.at(-1)?.[0]).toBe(2 * LENGTH - 2);
  });

  it('looks ahead, behind, and at what is not there, again and again', () => {
    const found = (pattern: string): number =>
      [...matchesOf(compileRegex(pattern), codePoints('abcb'.repeat(100)), new Work().spend)]
        .length;
    expect(found('b(?=c)')).toBe(100);
    expect(found('b(?!c)')).toBe(100);
    expect(found('(?<=a)b')).toBe(100);
    expect(found('(?<!a)b')).toBe(100);
  });
});
