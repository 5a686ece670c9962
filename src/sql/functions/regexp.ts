// Functions that search with regular expressions: substring(), regexp_match() and its family
// (PG: 9.7.3). The engine is in regex/.
import { PgError } from '../../errors/pg-error.ts';
import { arrayOf } from '../../types/arrays.ts';
import { BOOL, INT4, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import { similarToRegex } from './pattern-escapes.ts';
import type { Match } from './regex/match.ts';
import { NO_OPTIONS, withOption } from './regex/options.ts';
import type { RegexOptions } from './regex/options.ts';
import type { Program } from './regex/program.ts';
import {
  codePoints,
  compileRegex,
  groupsOf,
  matchesOf,
  matchesRegex,
  textOf,
} from './regex/regex.ts';
import type { CallContext, FunctionSignature, SetFunctionSignature } from './signature.ts';

const TEXT_ARRAY = 1009;

interface Flags {
  readonly options: RegexOptions;
  readonly isGlobal: boolean;
}

/** `functionName` null: it takes the option g. */
function flagsOf(letters: SqliteValue | undefined, functionName: string | null): Flags {
  let options = NO_OPTIONS;
  let isGlobal = false;
  for (const letter of String(letters ?? '')) {
    if (letter === 'g') {
      isGlobal = true;
      continue;
    }
    const changed = withOption(options, letter);
    if (changed === null) {
      throw new PgError('22023', `invalid regular expression option: "${letter}"`);
    }
    options = changed;
  }
  if (isGlobal && functionName !== null) {
    throw new PgError('22023', `${functionName}() does not support the "global" option`, {
      hint:
        functionName === 'regexp_match' ? 'Use the regexp_matches function instead.' : undefined,
    });
  }
  return { options, isGlobal };
}

interface Search {
  readonly program: Program;
  readonly points: readonly number[];
  readonly spend: (work: number) => void;
}

function search(
  text: SqliteValue | undefined,
  pattern: SqliteValue | undefined,
  options: RegexOptions,
  context: CallContext,
): Search {
  return {
    program: compileRegex(asText(pattern), options),
    points: codePoints(asText(text)),
    spend: (work) => context.spend(work),
  };
}

function firstMatch({ program, points, spend }: Search): Match | null {
  for (const match of matchesOf(program, points, spend)) return match;
  return null;
}

/** `\1` to `\9`, `\&` and `\\` in the text that replaces a match. */
function replacement(text: string, match: Match, points: readonly number[]): string {
  return text.replace(/\\([1-9&\\])/g, (_whole, what: string) => {
    if (what === '\\') return '\\';
    const group = what === '&' ? 0 : Number(what);
    const [start = -1, end = -1] = match.slice(2 * group, 2 * group + 2);
    return start < 0 ? '' : textOf(points.slice(start, end));
  });
}

interface Replacing {
  readonly by: string;
  /** From 0. */
  readonly start: number;
  /** 0: all; else the one of that number. */
  readonly occurrence: number;
}

function replaced(
  { program, points, spend }: Search,
  { by, start, occurrence }: Replacing,
): string {
  let result = '';
  let [end, number] = [0, 0];
  for (const match of matchesOf(program, points, spend, start)) {
    number += 1;
    if (occurrence > 0 && number < occurrence) continue;
    const [first = 0, last = 0] = match;
    result += textOf(points.slice(end, first)) + replacement(by, match, points);
    end = last;
    if (occurrence > 0) break;
  }
  return result + textOf(points.slice(end));
}

function positiveOr(value: SqliteValue | undefined, otherwise: number, name: string): number {
  if (value === undefined) return otherwise;
  if ((value as bigint) >= BigInt(otherwise)) return Number(value);
  throw new PgError('22023', `invalid value for parameter "${name}": ${String(value)}`);
}

/** Parts between the matches; empty matches at the ends and behind another one do not count. */
function parts({ program, points, spend }: Search): readonly string[] {
  const found: string[] = [];
  let end = 0;
  for (const match of matchesOf(program, points, spend)) {
    const [first = 0, last = 0] = match;
    if (first >= points.length || last <= end) continue;
    found.push(textOf(points.slice(end, first)));
    end = last;
  }
  return [...found, textOf(points.slice(end))];
}

function textArray(items: readonly (string | null)[]): string {
  return arrayOf(mustType(TEXT), items);
}

type Call = (args: readonly SqliteValue[], context: CallContext) => SqliteValue;

/** With as many of the arguments at the end left out as may be. */
function optional(
  name: string,
  args: readonly number[],
  required: number,
  result: number,
  call: Call,
): FunctionSignature[] {
  return Array.from({ length: args.length - required + 1 }, (_, more) =>
    fn(name, args.slice(0, required + more), result, js(`pg_${name}_${required + more}`, call)),
  );
}

function nthMatch(found: Search, start: number, count: number): Match | null {
  let number = 0;
  for (const match of matchesOf(found.program, found.points, found.spend, start)) {
    if ((number += 1) === count) return match;
  }
  return null;
}

const instr: Call = ([text, pattern, start, occurrence, end, flags, group], context) => {
  const found = search(text, pattern, flagsOf(flags, 'regexp_instr').options, context);
  const from = positiveOr(start, 1, 'start') - 1;
  const match = nthMatch(found, from, positiveOr(occurrence, 1, 'n'));
  if (end !== undefined && end !== 0n && end !== 1n) {
    throw new PgError('22023', `invalid value for parameter "endoption": ${String(end)}`);
  }
  const index = positiveOr(group, 0, 'subexpr');
  const position = match?.[2 * index + (end === 1n ? 1 : 0)] ?? -1;
  return BigInt(position < 0 ? 0 : position + 1);
};

const substr: Call = ([text, pattern, start, occurrence, flags, group], context) => {
  const found = search(text, pattern, flagsOf(flags, 'regexp_substr').options, context);
  const from = positiveOr(start, 1, 'start') - 1;
  const match = nthMatch(found, from, positiveOr(occurrence, 1, 'n'));
  const index = positiveOr(group, 0, 'subexpr');
  const [first = -1, last = -1] = match?.slice(2 * index, 2 * index + 2) ?? [];
  return first < 0 ? null : textOf(found.points.slice(first, last));
};

export const REGEXP_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'substring',
    [TEXT, TEXT],
    TEXT,
    js('pg_substring_regex', ([text, pattern], context) => {
      const found = search(text, pattern, NO_OPTIONS, context);
      const match = firstMatch(found);
      return match === null ? null : (groupsOf(match, found.points)[0] ?? null);
    }),
  ),
  fn(
    'substring',
    [TEXT, TEXT, TEXT],
    TEXT,
    js('pg_substring_similar', ([text, pattern, escape], context) => {
      const regex = similarToRegex(asText(pattern), asText(escape));
      const found = search(text, regex, NO_OPTIONS, context);
      const match = firstMatch(found);
      return match === null ? null : (groupsOf(match, found.points)[0] ?? null);
    }),
  ),
  ...optional(
    'regexp_match',
    [TEXT, TEXT, TEXT],
    2,
    TEXT_ARRAY,
    ([text, pattern, flags], context) => {
      const found = search(text, pattern, flagsOf(flags, 'regexp_match').options, context);
      const match = firstMatch(found);
      return match === null ? null : textArray(groupsOf(match, found.points));
    },
  ),
  ...optional('regexp_like', [TEXT, TEXT, TEXT], 2, BOOL, ([text, pattern, flags], context) => {
    const { options } = flagsOf(flags, 'regexp_like');
    return matchesRegex(compileRegex(asText(pattern), options), asText(text), (work) =>
      context.spend(work),
    )
      ? 1n
      : 0n;
  }),
  ...optional(
    'regexp_count',
    [TEXT, TEXT, INT4, TEXT],
    2,
    INT4,
    ([text, pattern, start, flags], context) => {
      const { program, points, spend } = search(
        text,
        pattern,
        flagsOf(flags, 'regexp_count').options,
        context,
      );
      const from = positiveOr(start, 1, 'start') - 1;
      return BigInt([...matchesOf(program, points, spend, from)].length);
    },
  ),
  ...optional('regexp_instr', [TEXT, TEXT, INT4, INT4, INT4, TEXT, INT4], 2, INT4, instr),
  ...optional('regexp_substr', [TEXT, TEXT, INT4, INT4, TEXT, INT4], 2, TEXT, substr),
  ...optional(
    'regexp_replace',
    [TEXT, TEXT, TEXT, TEXT],
    3,
    TEXT,
    ([text, pattern, by, flags], context) => {
      const { options, isGlobal } = flagsOf(flags, null);
      const replacing = { by: asText(by), start: 0, occurrence: isGlobal ? 0 : 1 };
      return replaced(search(text, pattern, options, context), replacing);
    },
  ),
  ...[4, 5, 6].map((count) =>
    fn(
      'regexp_replace',
      [TEXT, TEXT, TEXT, INT4, INT4, TEXT].slice(0, count),
      TEXT,
      js(
        `pg_regexp_replace_from_${count}`,
        ([text, pattern, by, start, occurrence, flags], context) => {
          const { options, isGlobal } = flagsOf(flags, null);
          const otherwise = isGlobal ? 0 : 1;
          return replaced(search(text, pattern, options, context), {
            by: asText(by),
            start: positiveOr(start, 1, 'start') - 1,
            occurrence: occurrence === undefined ? otherwise : positiveOr(occurrence, 0, 'n'),
          });
        },
      ),
    ),
  ),
  ...optional(
    'regexp_split_to_array',
    [TEXT, TEXT, TEXT],
    2,
    TEXT_ARRAY,
    ([text, pattern, flags], context) =>
      textArray(
        parts(search(text, pattern, flagsOf(flags, 'regexp_split_to_array').options, context)),
      ),
  ),
];

const COMMON = { oid: 0, isStrict: true, volatility: 'immutable' } as const;

/** With flags and without. */
function setFunction(
  name: string,
  type: number,
  rows: SetFunctionSignature['rows'],
): SetFunctionSignature[] {
  return [2, 3].map((count) => ({
    ...COMMON,
    name,
    arguments: new Array<number>(count).fill(TEXT),
    columns: [{ name, type }],
    sqlName: `pg_${name}_${count}`,
    rows,
  }));
}

export const REGEXP_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
  ...setFunction('regexp_matches', TEXT_ARRAY, function* ([text, pattern, flags], context) {
    const { options, isGlobal } = flagsOf(flags, null);
    const { program, points, spend } = search(text, pattern, options, context);
    for (const match of matchesOf(program, points, spend)) {
      yield [textArray(groupsOf(match, points))];
      if (!isGlobal) return;
    }
  }),
  ...setFunction('regexp_split_to_table', TEXT, function* ([text, pattern, flags], context) {
    const { options } = flagsOf(flags, 'regexp_split_to_table');
    for (const part of parts(search(text, pattern, options, context))) yield [part];
  }),
];

function asText(value: SqliteValue | undefined): string {
  return String(value);
}
