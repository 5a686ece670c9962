// The operators of LIKE, SIMILAR TO and regular expressions (PG: 9.7 Pattern Matching).
import { BOOL, BPCHAR, BYTEA, TEXT } from '../../types/oids.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js, operator } from './builders.ts';
import { like, likeTokens, matchesTokens } from './like.ts';
import { similarToRegex, withBackslash } from './pattern-escapes.ts';
import { NO_OPTIONS } from './regex/options.ts';
import type { RegexOptions } from './regex/options.ts';
import { compileRegex, matchesRegex } from './regex/regex.ts';
import type { CallContext, FunctionSignature, OperatorSignature } from './signature.ts';

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

/** What the grammar makes of ESCAPE and SIMILAR TO. */
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
];
