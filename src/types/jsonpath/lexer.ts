// Tokens of a jsonpath (PG: jsonpath_scan.l).
import { PgError } from '../../errors/pg-error.ts';

export interface Token {
  readonly kind: 'symbol' | 'word' | 'string' | 'variable' | 'integer' | 'number' | 'end';
  /** As it is written. */
  readonly text: string;
  /** Of a word, a string or a variable: without quotes and escapes. */
  readonly value: string;
}

const SPACE = /[ \t\n\r\f]*/y;
const SYMBOL = /\*\*|&&|\|\||==|!=|<>|<=|>=|[?%$.[\]{}()|&!=<>@#,*:+/-]/y;
const REAL = /(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const JUNK = /[^?%$.[\]{}()|&!=<>@#,*:+/ \t\n\r\f\\"-]/y;
const WORD = /(?:\\u\{[0-9a-fA-F]{1,6}\}|\\[^]|[^?%$.[\]{}()|&!=<>@#,*:+/ \t\n\r\f\\"-])+/y;
const QUOTED = /"(?:\\[^]|[^"\\])*"/y;

export function syntaxError(message: string, near: string): PgError {
  const place = near === '' ? 'at end' : `at or near "${near}"`;
  return new PgError('42601', `${message} ${place} of jsonpath input`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:u\{([0-9a-fA-F]{1,6})\}|((?:u[0-9a-fA-F]{4}\\)?u[0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^]))/gu,
    (_all, long?: string, units?: string, byte?: string, letter?: string) => {
      if (long !== undefined) return characterOf(Number.parseInt(long, 16));
      if (units !== undefined) return unitsOf(units);
      if (byte !== undefined) return characterOf(Number.parseInt(byte, 16));
      return ESCAPES[letter ?? ''] ?? letter ?? '';
    },
  );
}

function characterOf(code: number): string {
  if (code === 0) {
    throw new PgError('22P05', 'unsupported Unicode escape sequence', {
      detail: '\\u0000 cannot be converted to text.',
    });
  }
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw badSurrogate();
  return String.fromCodePoint(code);
}

function unitsOf(text: string): string {
  const codes = text.split('\\').map((unit) => Number.parseInt(unit.slice(1), 16));
  const [first = 0, second] = codes;
  if (second === undefined) return characterOf(first);
  const isPair = first >= 0xd800 && first <= 0xdbff && second >= 0xdc00 && second <= 0xdfff;
  if (isPair) return String.fromCharCode(first, second);
  return characterOf(first) + characterOf(second);
}

function badSurrogate(): PgError {
  return new PgError('22P02', 'invalid input syntax for type jsonpath', {
    detail: 'Unicode low surrogate must follow a high surrogate.',
  });
}

/** What reads a path goes back and forth in it, and keeps it. */
const LENGTH_MAX = 65_536;

/** Throws 42601, 54000. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > LENGTH_MAX) {
    throw new PgError('54000', `a jsonpath of more than ${LENGTH_MAX} characters is not supported`);
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  for (;;) {
    match(SPACE);
    if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) throw syntaxError('unexpected end of comment', '');
      at = end + 2;
      continue;
    }
    if (at >= text.length) break;
    const from = at;
    const written = (): string => text.slice(from, at);
    const number = match(REAL);
    if (number !== '') {
      if (match(JUNK) !== '') throw syntaxError('trailing junk after numeric literal', written());
      const kind = /^\d+$/.test(number) ? 'integer' : 'number';
      tokens.push({ kind, text: number, value: number });
    } else if (text[at] === '$' && /["]/.test(text[at + 1] ?? '')) {
      at += 1;
      const value = match(QUOTED);
      if (value === '') throw syntaxError('unexpected end of quoted string', '');
      tokens.push({ kind: 'variable', text: written(), value: unescaped(value.slice(1, -1)) });
    } else if (text[at] === '$') {
      at += 1;
      const name = match(WORD);
      if (name === '') tokens.push({ kind: 'symbol', text: '$', value: '$' });
      else tokens.push({ kind: 'variable', text: written(), value: unescaped(name) });
    } else if (text[at] === '"') {
      const value = match(QUOTED);
      if (value === '') throw syntaxError('unexpected end of quoted string', '');
      tokens.push({ kind: 'string', text: value, value: unescaped(value.slice(1, -1)) });
    } else {
      const symbol = match(SYMBOL);
      const word = symbol === '' ? match(WORD) : '';
      if (symbol === '' && word === '') throw syntaxError('syntax error', text.slice(at));
      if (symbol === '') tokens.push({ kind: 'word', text: word, value: unescaped(word) });
      else tokens.push({ kind: 'symbol', text: symbol, value: symbol });
    }
  }
  tokens.push({ kind: 'end', text: '', value: '' });
  return tokens;
}
