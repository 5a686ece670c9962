// Patterns with an escape character of their own, and those of SIMILAR TO, as what matches them wants
// them: LIKE with backslash, and a regular expression.
import { PgError } from '../../errors/pg-error.ts';

function escapeCharacter(escape: string): string {
  const characters = [...escape];
  if (characters.length <= 1) return escape;
  throw new PgError('22025', 'invalid escape string', {
    hint: 'Escape string must be empty or one character.',
  });
}

/** The pattern with backslash as its escape. */
export function withBackslash(pattern: string, escape: string): string {
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
export function similarToRegex(pattern: string, escape: string): string {
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
