// JSON text to values and back (PG: src/common/jsonapi.c says what it accepts, in which words it
// refuses, and jsonb.c how it writes). Numbers keep their digits, and values their place in the text.
import { PgError } from '../errors/pg-error.ts';
import { formatDecimal, tryReadDecimal } from './decimal.ts';

const DEPTH_MAX = 1000;

type Span = readonly [from: number, to: number];

/** A JSON value that keeps numbers as their text; `span` is where it was read from. */
export type JsonValue = { readonly span?: Span } & (
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonValue[] }
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
);

export type JsonMember = readonly [key: string, value: JsonValue];

/** Throws 22P02, and 22P05 for what text cannot hold. */
export function parseJson(text: string): JsonValue {
  return new JsonParser(text, true).document();
}

/** As parseJson(), but escapes need only look right: all that the type json asks for. */
export function checkJson(text: string): void {
  new JsonParser(text, false).document();
}

type TokenKind = '{' | '}' | '[' | ']' | ',' | ':' | 'string' | 'number' | 'word' | 'end';

interface Token {
  readonly kind: TokenKind;
  readonly from: number;
  readonly to: number;
  /** Of a string. */
  readonly value: string;
}

const SPACE = /[ \t\n\r]*/y;
const WORD = /[A-Za-z0-9_\u0080-\uffff]+/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_BEGINNING = /-?\d*(?:\.\d*)?(?:[eE][+-]?\d*)?/y;
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const HEX = /[0-9a-fA-F]{4}/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** `place`: of the token at fault in the text, as far as it was read. */
function refused(detail: string, text: string, place: Span): PgError {
  const where = contextOf(text, place);
  return new PgError('22P02', 'invalid input syntax for type json', { detail, where });
}

/** More of a line is not shown before the place. */
const CONTEXT_BYTES = 50;

/** PG: report_json_context(). */
function contextOf(text: string, [from, to]: Span): string {
  const before = text.slice(0, from);
  const line = Buffer.from(text.slice(before.lastIndexOf('\n') + 1, to));
  let start = Math.max(0, line.length - CONTEXT_BYTES + 1);
  while (((line[start] ?? 0) & 0xc0) === 0x80) start += 1;
  // What three dots would stand for is shown instead.
  if (start <= 3) start = 0;
  const number = before.split('\n').length;
  const isEnd = to >= text.length || /[\n\r]/.test(text[to] as string);
  return `JSON data, line ${number}: ${start > 0 ? '...' : ''}${line.toString('utf8', start)}${isEnd ? '' : '...'}`;
}

class JsonLexer {
  readonly #text: string;
  readonly #hasMeaning: boolean;
  #at = 0;

  constructor(text: string, hasMeaning: boolean) {
    this.#text = text;
    this.#hasMeaning = hasMeaning;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  next(): Token {
    this.#match(SPACE);
    const from = this.#at;
    const first = this.#text[from];
    if (first === undefined) return { kind: 'end', from, to: from, value: '' };
    if (first === '"') {
      const value = this.#string();
      return { kind: 'string', from, to: this.#at, value };
    }
    if ('{}[],:'.includes(first)) {
      this.#at += 1;
      return { kind: first as TokenKind, from, to: this.#at, value: '' };
    }
    if (first === '-' || (first >= '0' && first <= '9')) return this.#number();
    const word = this.#match(WORD);
    if (word === 'true' || word === 'false' || word === 'null') {
      return { kind: 'word', from, to: this.#at, value: word };
    }
    const token = word === '' ? first : word;
    throw refused(`Token "${token}" is invalid.`, this.#text, [from, from + token.length]);
  }

  #number(): Token {
    const from = this.#at;
    const number = this.#match(NUMBER);
    if (
      number !== '' &&
      this.#match(WORD) === '' &&
      !/^\.(?!\d)/.test(this.#text.slice(this.#at, this.#at + 2))
    ) {
      return { kind: 'number', from, to: this.#at, value: '' };
    }
    this.#at = from;
    this.#match(NUMBER_BEGINNING);
    this.#match(WORD);
    const token = this.#text.slice(from, this.#at);
    throw refused(`Token "${token}" is invalid.`, this.#text, [from, this.#at]);
  }

  /** What is wrong in a string that is read up to here. */
  #refusedAt(from: number, detail: string): PgError {
    return refused(detail, this.#text, [from, this.#at]);
  }

  #string(): string {
    const from = this.#at;
    const parts: string[] = [];
    this.#at += 1;
    for (;;) {
      parts.push(this.#match(PLAIN_CHARACTERS));
      const next = this.#text[this.#at];
      if (next === '"') break;
      if (next === undefined) throw this.#unfinished(from);
      if (next !== '\\') {
        const code = next.charCodeAt(0).toString(16).padStart(2, '0');
        throw this.#refusedAt(from, `Character with value 0x${code} must be escaped.`);
      }
      parts.push(this.#escape(from));
    }
    this.#at += 1;
    return parts.join('');
  }

  #escape(from: number): string {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw this.#unfinished(from);
    this.#at += 2;
    if (letter === 'u') return this.#unicode(from);
    const found = ESCAPES[letter];
    if (found === undefined) {
      throw this.#refusedAt(from, `Escape sequence "\\${letter}" is invalid.`);
    }
    return found;
  }

  #unfinished(from: number): PgError {
    this.#at = this.#text.length;
    return this.#refusedAt(from, `Token "${this.#text.slice(from)}" is invalid.`);
  }

  #hex(from: number): number {
    const digits = this.#match(HEX);
    if (digits !== '') return Number.parseInt(digits, 16);
    const good = /[0-9a-fA-F]*/y;
    good.lastIndex = this.#at;
    this.#at += (good.exec(this.#text)?.[0].length ?? 0) + 1;
    throw this.#refusedAt(from, '"\\u" must be followed by four hexadecimal digits.');
  }

  #unicode(from: number): string {
    const unit = this.#hex(from);
    if (!this.#hasMeaning) return '';
    if (unit === 0) {
      throw new PgError('22P05', 'unsupported Unicode escape sequence', {
        detail: '\\u0000 cannot be converted to text.',
      });
    }
    const isLow = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
    const alone = 'Unicode low surrogate must follow a high surrogate.';
    if (isLow(unit)) throw this.#refusedAt(from, alone);
    if (unit < 0xd800 || unit > 0xdbff) return String.fromCharCode(unit);
    if (!this.#text.startsWith('\\u', this.#at)) throw this.#refusedAt(from, alone);
    this.#at += 2;
    const second = this.#hex(from);
    if (second >= 0xd800 && second <= 0xdbff) {
      throw this.#refusedAt(from, 'Unicode high surrogate must not follow a high surrogate.');
    }
    if (!isLow(second)) throw this.#refusedAt(from, alone);
    return String.fromCharCode(unit, second);
  }
}

class JsonParser {
  readonly #text: string;
  readonly #lexer: JsonLexer;
  #token: Token;

  constructor(text: string, hasMeaning: boolean) {
    this.#text = text;
    this.#lexer = new JsonLexer(text, hasMeaning);
    this.#token = this.#lexer.next();
  }

  #fail(expected: string): never {
    const { kind, from, to } = this.#token;
    const found = this.#text.slice(from, to);
    const detail =
      kind === 'end'
        ? 'The input string ended unexpectedly.'
        : `Expected ${expected}, but found "${found}".`;
    throw refused(detail, this.#text, [from, to]);
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #accept(kind: TokenKind): boolean {
    if (this.#token.kind !== kind) return false;
    this.#advance();
    return true;
  }

  document(): JsonValue {
    const value = this.#value(0);
    if (this.#token.kind !== 'end') this.#fail('end of input');
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) throw new PgError('54001', 'stack depth limit exceeded');
    const { kind, from, to, value } = this.#token;
    const span: Span = [from, to];
    switch (kind) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case 'string':
        this.#advance();
        return { kind: 'string', value, span };
      case 'number':
        this.#advance();
        return { kind: 'number', text: this.#text.slice(from, to), span };
      case 'word':
        this.#advance();
        if (value === 'null') return { kind: 'null', span };
        return { kind: 'boolean', value: value === 'true', span };
      default:
        return this.#fail('JSON value');
    }
  }

  /** The end of what the closing bracket, the token that comes now, ends. */
  #close(): number {
    const { to } = this.#token;
    this.#advance();
    return to;
  }

  #array(depth: number): JsonValue {
    const { from } = this.#token;
    this.#advance();
    const items: JsonValue[] = [];
    if (this.#token.kind !== ']') {
      do items.push(this.#value(depth + 1));
      while (this.#accept(','));
    }
    if (this.#token.kind !== ']') this.#fail('"," or "]"');
    return { kind: 'array', items, span: [from, this.#close()] };
  }

  #object(depth: number): JsonValue {
    const { from } = this.#token;
    this.#advance();
    const members: JsonMember[] = [];
    if (this.#token.kind !== '}') {
      if (this.#token.kind !== 'string') this.#fail('string or "}"');
      do members.push(this.#member(depth));
      while (this.#accept(','));
    }
    if (this.#token.kind !== '}') this.#fail('"," or "}"');
    return { kind: 'object', members, span: [from, this.#close()] };
  }

  #member(depth: number): JsonMember {
    const { kind, value: key } = this.#token;
    if (kind !== 'string') this.#fail('string');
    this.#advance();
    if (!this.#accept(':')) this.#fail('":"');
    return [key, this.#value(depth + 1)];
  }
}

function byKey([a]: JsonMember, [b]: JsonMember): number {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length - y.length || Buffer.compare(x, y);
}

/** In the order that jsonb keeps, the last of equal keys. */
export function canonicalMembers(members: readonly JsonMember[]): readonly JsonMember[] {
  return [...new Map(members)].sort(byKey);
}

/** As a numeric is shown: without exponent, and zero without sign. */
function formatNumber(text: string): string {
  const decimal = tryReadDecimal(text);
  return decimal === null ? text : formatDecimal(decimal);
}

/** As jsonb_out writes it. */
export function formatJsonb(value: JsonValue): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(value.value);
    case 'number':
      return formatNumber(value.text);
    case 'string':
      return JSON.stringify(value.value);
    case 'array':
      return `[${value.items.map(formatJsonb).join(', ')}]`;
    default: {
      const texts = canonicalMembers(value.members).map(
        ([key, item]) => `${JSON.stringify(key)}: ${formatJsonb(item)}`,
      );
      return `{${texts.join(', ')}}`;
    }
  }
}
