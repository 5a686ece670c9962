// LIKE, SIMILAR TO and regular expressions (PG: 9.7 Pattern Matching).
import { PgError } from '../../errors/pg-error.ts';
import { arrayOf } from '../../types/arrays.ts';
import { BOOL, BPCHAR, BYTEA, INT4, TEXT } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { RecentMap } from '../../util/recent-map.ts';
import { fn, js, operator } from './builders.ts';
import type { Match } from './regex/match.ts';
import type { Program } from './regex/program.ts';
import {
  codePoints,
  compileRegex,
  groupsOf,
  matchesOf,
  matchesRegex,
  textOf,
} from './regex/regex.ts';
import { NO_OPTIONS, withOption } from './regex/syntax.ts';
import type { RegexOptions } from './regex/syntax.ts';
import type {
  CallContext,
  FunctionSignature,
  OperatorSignature,
  SetFunctionSignature,
} from './signature.ts';

const TEXT_ARRAY = 1009;
const ANY_CHARACTER = -1;
const ANY_TEXT = -2;
/** The escape character at the end of a pattern. */
const DANGLING = -3;

function likeTokens(pattern: readonly number[]): readonly number[] {
  const tokens: number[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const code = pattern[at] as number;
    if (code === 0x25) {
      if (tokens.at(-1) !== ANY_TEXT) tokens.push(ANY_TEXT);
    } else if (code === 0x5f) tokens.push(ANY_CHARACTER);
    else if (code === 0x5c) tokens.push(pattern[++at] ?? DANGLING);
    else tokens.push(code);
  }
  return tokens;
}

/** Steps of LIKE that take about as long as a unit of work. */
const STEPS_PER_WORK = 16;

/** Goes back only to the last `%`: the time is at most the product of the two lengths. */
function matchesTokens(
  tokens: readonly number[],
  text: readonly number[],
  context: Pick<CallContext, 'spend'>,
): boolean {
  let [at, token] = [0, 0];
  let steps = 0;
  let retry: readonly [at: number, token: number] | null = null;
  while (at < text.length) {
    if (++steps % STEPS_PER_WORK === 0) context.spend(1);
    const wanted = tokens[token];
    if (wanted === DANGLING) {
      throw new PgError('22025', 'LIKE pattern must not end with escape character');
    }
    if (wanted === ANY_TEXT) {
      token += 1;
      if (token === tokens.length) return true;
      retry = [at, token];
    } else if (wanted === ANY_CHARACTER || wanted === text[at]) {
      at += 1;
      token += 1;
    } else if (retry === null) return false;
    else {
      retry = [retry[0] + 1, retry[1]];
      [at, token] = retry;
    }
  }
  return tokens.slice(token).every((rest) => rest === ANY_TEXT);
}

const PATTERNS_MIN = 200;
const tokensOf = new RecentMap<string, readonly number[]>(PATTERNS_MIN);

function like(text: string, pattern: string, context: CallContext): boolean {
  // The common case: `%` at the ends alone.
  const plain = /^(%?)([^%_\\]*)(%?)$/.exec(pattern);
  if (plain !== null) {
    const [, start = '', middle = '', end = ''] = plain;
    if (start === '') return end === '' ? text === middle : text.startsWith(middle);
    return end === '' && middle !== '' ? text.endsWith(middle) : text.includes(middle);
  }
  let tokens = tokensOf.get(pattern);
  if (tokens === undefined) {
    tokens = likeTokens(codePoints(pattern));
    tokensOf.set(pattern, tokens);
  }
  return matchesTokens(tokens, codePoints(text), context);
}

/** Of the letters of ASCII, as in the C locale. */
export function toLowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function asText(value: SqliteValue | undefined): string {
  return String(value);
}

function asBytes(value: SqliteValue | undefined): readonly number[] {
  return [...(value as Uint8Array)];
}

type Test = (args: readonly SqliteValue[], context: CallContext) => boolean;

const testLike: Test = ([text, pattern], context) => like(asText(text), asText(pattern), context);
const testIlike: Test = ([text, pattern], context) =>
  like(toLowerAscii(asText(text)), toLowerAscii(asText(pattern)), context);
const testBytes: Test = ([bytes, pattern], context) =>
  matchesTokens(likeTokens(asBytes(pattern)), asBytes(bytes), context);

function spender(context: CallContext): (work: number) => void {
  return (work) => context.spend(work);
}

function testRegex(options: RegexOptions): Test {
  return ([text, pattern], context) =>
    matchesRegex(compileRegex(asText(pattern), options), asText(text), spender(context));
}

const IGNORING_CASE: RegexOptions = { ...NO_OPTIONS, isCaseInsensitive: true };

const TESTS: readonly (readonly [name: string, negated: string, sqlName: string, test: Test])[] = [
  ['~~', '!~~', 'like', testLike],
  ['~~*', '!~~*', 'ilike', testIlike],
  ['~', '!~', 'regex', testRegex(NO_OPTIONS)],
  ['~*', '!~*', 'iregex', testRegex(IGNORING_CASE)],
];

function pair(
  [name, negated, sqlName, test]: (typeof TESTS)[number],
  left: number,
  right: number,
): OperatorSignature[] {
  return [
    operator(
      name,
      left,
      right,
      BOOL,
      js(`pg_${sqlName}`, (args, context) => (test(args, context) ? 1n : 0n)),
    ),
    operator(
      negated,
      left,
      right,
      BOOL,
      js(`pg_not_${sqlName}`, (args, context) => (test(args, context) ? 0n : 1n)),
    ),
  ];
}

export const PATTERN_MATCHING_OPERATORS: readonly OperatorSignature[] = [
  // Blanks at the end of char(n) count here.
  ...TESTS.flatMap((test) => [...pair(test, TEXT, TEXT), ...pair(test, BPCHAR, TEXT)]),
  ...pair(['~~', '!~~', 'like_bytea', testBytes], BYTEA, BYTEA),
  operator(
    '^@',
    TEXT,
    TEXT,
    BOOL,
    js('pg_starts_with', ([a, b]) => (asText(a).startsWith(asText(b)) ? 1n : 0n)),
  ),
];

function escapeCharacter(escape: string): string {
  const characters = [...escape];
  if (characters.length <= 1) return escape;
  throw new PgError('22025', 'invalid escape string', {
    hint: 'Escape string must be empty or one character.',
  });
}

/** The pattern with backslash as its escape. */
function withBackslash(pattern: string, escape: string): string {
  const wanted = escapeCharacter(escape);
  if (wanted === '\\') return pattern;
  let isEscaped = false;
  let result = '';
  for (const character of pattern) {
    if (character === wanted && !isEscaped) {
      result += '\\';
      isEscaped = true;
      continue;
    }
    result += character === '\\' && !isEscaped ? '\\\\' : character;
    isEscaped = false;
  }
  return result;
}

/** SIMILAR TO as a regular expression (PG: 9.7.2). */
function similarToRegex(pattern: string, escape: string): string {
  const wanted = escapeCharacter(escape);
  let result = '^(?:';
  let [isEscaped, isInBrackets, quotes] = [false, false, 0];
  for (const character of pattern) {
    if (isEscaped) {
      isEscaped = false;
      if (character !== '"' || isInBrackets) {
        result += `\\${character}`;
        continue;
      }
      if (quotes > 1) {
        throw new PgError(
          '2200C',
          'SQL regular expression may not contain more than two escape-double-quote separators',
        );
      }
      result += quotes === 0 ? '){1,1}?(' : '){1,1}(?:';
      quotes += 1;
    } else if (character === wanted) isEscaped = true;
    else if (isInBrackets) {
      result += character === '\\' ? '\\\\' : character;
      if (character === ']') isInBrackets = false;
    } else {
      if (character === '[') isInBrackets = true;
      result += similarCharacter(character);
    }
  }
  return `${result})$`;
}

function similarCharacter(character: string): string {
  if (character === '%') return '.*';
  if (character === '_') return '.';
  if (character === '(') return '(?:';
  return '\\.^$'.includes(character) ? `\\${character}` : character;
}

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
    spend: spender(context),
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

export const PATTERN_FUNCTIONS: readonly FunctionSignature[] = [
  fn(
    'like_escape',
    [TEXT, TEXT],
    TEXT,
    js('pg_like_escape', ([pattern, escape]) => withBackslash(asText(pattern), asText(escape))),
  ),
  fn(
    'similar_to_escape',
    [TEXT],
    TEXT,
    js('pg_similar', ([pattern]) => similarToRegex(asText(pattern), '\\')),
  ),
  fn(
    'similar_to_escape',
    [TEXT, TEXT],
    TEXT,
    js('pg_similar_escape', ([pattern, escape]) => similarToRegex(asText(pattern), asText(escape))),
  ),
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
    return matchesRegex(compileRegex(asText(pattern), options), asText(text), spender(context))
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

export const PATTERN_SET_FUNCTIONS: readonly SetFunctionSignature[] = [
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
