// How LIKE matches (PG: 9.7.1).
import { PgError } from '../../errors/pg-error.ts';
import { RecentMap } from '../../util/recent-map.ts';
import { codePoints } from './regex/regex.ts';
import type { CallContext } from './signature.ts';

const ANY_CHARACTER = -1;
const ANY_TEXT = -2;
/** The escape character at the end of a pattern. */
const DANGLING = -3;

/** Of a pattern whose escape is backslash, by code points or bytes. */
export function likeTokens(pattern: readonly number[]): readonly number[] {
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
export function matchesTokens(
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

export function like(text: string, pattern: string, context: CallContext): boolean {
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
