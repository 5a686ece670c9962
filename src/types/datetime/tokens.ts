// The fields of date, time and interval input (PG: ParseDateTime in datetime.c, which this follows).
import { badFormat } from './faults.ts';
import { DATE_WORDS } from './words.ts';

export type TokenKind = 'number' | 'string' | 'date' | 'time' | 'zone' | 'special';

/** A field; letters are in lower case. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const FIELDS_MAX = 25;
const SPACE = /[ \t\n\v\f\r]*/y;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const DIGITS = /\d*/y;

/** `lengthMax`: of all fields together, each with an end mark. */
export function tokensOf(text: string, lengthMax: number): readonly Token[] {
  const reader = new TokenReader(text);
  const tokens: Token[] = [];
  let length = 0;
  for (let token = reader.next(); token !== null; token = reader.next()) {
    length += token.text.length + 1;
    if (tokens.length === FIELDS_MAX || length > lengthMax) throw badFormat();
    tokens.push(token);
  }
  return tokens;
}

class TokenReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  get #next(): string {
    return this.#text[this.#at] ?? '';
  }

  next(): Token | null {
    for (;;) {
      this.#match(SPACE);
      const first = this.#next;
      if (first === '') return null;
      if (/\d/.test(first)) return this.#number();
      if (first === '.') return { kind: 'number', text: this.#match(/\.\d*/y) };
      if (/[a-z]/i.test(first)) return this.#word();
      if (first === '+' || first === '-') return this.#signed();
      // Other punctuation only separates.
      if (!PUNCTUATION.test(first)) throw badFormat();
      this.#at += 1;
    }
  }

  #number(): Token {
    const digits = this.#match(DIGITS);
    if (this.#next === ':') return { kind: 'time', text: digits + this.#match(/:[\d:.]*/y) };
    const delimiter = this.#next;
    if (delimiter !== '-' && delimiter !== '/' && delimiter !== '.') {
      return { kind: 'number', text: digits };
    }
    this.#at += 1;
    const start = digits + delimiter;
    const escaped = `\\${delimiter}`;
    if (!/\d/.test(this.#next)) {
      // A month in letters.
      const rest = this.#match(new RegExp(`[a-z0-9${escaped}]*`, 'iy')).toLowerCase();
      return { kind: 'date', text: start + rest };
    }
    const second = this.#match(DIGITS);
    if (this.#next !== delimiter) {
      return { kind: delimiter === '.' ? 'number' : 'date', text: start + second };
    }
    return {
      kind: 'date',
      text: start + second + this.#match(new RegExp(`[\\d${escaped}]*`, 'y')),
    };
  }

  #word(): Token {
    const word = this.#match(/[a-z]+/iy).toLowerCase();
    const next = this.#next;
    const isDate =
      next === '-' ||
      next === '/' ||
      next === '.' ||
      (/[+\d]/.test(next) && !DATE_WORDS.has(word.slice(0, 10)));
    if (!isDate) return { kind: 'string', text: word };
    return { kind: 'date', text: word + this.#match(/[a-z0-9+\-/_.:]+/iy).toLowerCase() };
  }

  #signed(): Token {
    const sign = this.#next;
    this.#at += 1;
    this.#match(SPACE);
    if (/\d/.test(this.#next)) return { kind: 'zone', text: sign + this.#match(/\d[\d:.-]*/y) };
    const word = this.#match(/[a-z]+/iy).toLowerCase();
    if (word === '') throw badFormat();
    return { kind: 'special', text: sign + word };
  }
}
