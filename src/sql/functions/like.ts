// LIKE and ILIKE: % and _, with backslash as the escape (PG: 9.7.1).
import { PgError } from '../../errors/pg-error.ts';
import type { CallContext } from './signature.ts';

/** Characters that take about as long as a unit of work. */
const CHARACTERS_PER_WORK = 16;

/**
 * What follows a % is looked for from left to right, and once found it stays: a later % can take up
 * whatever an earlier one might have. So the time is at most the product of the two lengths. Throws
 * PgError.
 */
export function isLike(
  text: string,
  pattern: string,
  context: Pick<CallContext, 'spend'>,
): boolean {
  let at = 0;
  let patternAt = 0;
  let looked = 0;
  /** Behind the last %, and where in the text what follows it is tried. */
  let retryPattern = -1;
  let retryAt = 0;
  while (at < text.length) {
    if (++looked % CHARACTERS_PER_WORK === 0) context.spend(1);
    const next = pattern[patternAt];
    if (next === '%') {
      patternAt += 1;
      retryPattern = patternAt;
      retryAt = at;
      continue;
    }
    if (next === '_') {
      patternAt += 1;
      at += widthAt(text, at);
      continue;
    }
    const isEscape = next === '\\';
    if (isEscape && patternAt + 1 === pattern.length) {
      throw new PgError('22025', 'LIKE pattern must not end with escape character');
    }
    const literal = isEscape ? pattern[patternAt + 1] : next;
    if (literal === text[at]) {
      patternAt += isEscape ? 2 : 1;
      at += 1;
    } else if (retryPattern >= 0) {
      retryAt += widthAt(text, retryAt);
      at = retryAt;
      patternAt = retryPattern;
    } else return false;
  }
  while (pattern[patternAt] === '%') patternAt += 1;
  return patternAt >= pattern.length;
}

/** Units of the character there. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}
