// json: the text as given. jsonb: the canonical text that Postgres shows, with keys ordered by
// length and then by bytes, the last of equal keys, and numbers with their digits kept.
import { PgError } from '../errors/pg-error.ts';
import { formatDecimal, tryReadDecimal } from './decimal.ts';
import { asText, checkText, decodeUtf8, defineType, tooShort } from './define.ts';
import type { PgType } from './pg-type.ts';

const DEPTH_MAX = 1000;

/** A JSON value that keeps numbers as their text. */
export type JsonValue =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonValue[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, JsonValue])[] };

/** Throws 22P02. */
export function parseJson(text: string): JsonValue {
  const parser = new JsonParser(text);
  return parser.document();
}

class JsonParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #fail(): never {
    const rest = this.#text.slice(this.#at);
    const token = /^(?:[A-Za-z0-9_]+|.)/s.exec(rest)?.[0];
    throw new PgError('22P02', 'invalid input syntax for type json', {
      detail:
        token === undefined
          ? 'The input string ended unexpectedly.'
          : `Token "${token}" is invalid.`,
    });
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return null;
    this.#at += found.length;
    return found;
  }

  #space(): void {
    this.#match(/[ \t\n\r]*/y);
  }

  document(): JsonValue {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail();
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > DEPTH_MAX) throw new PgError('54001', 'stack depth limit exceeded');
    this.#space();
    const next = this.#text[this.#at];
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return { kind: 'string', value: this.#string() };
    const number = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])/y);
    if (number !== null) return { kind: 'number', text: number };
    const word = this.#match(/(?:true|false|null)(?![A-Za-z0-9_])/y);
    if (word === null) return this.#fail();
    return word === 'null' ? { kind: 'null' } : { kind: 'boolean', value: word === 'true' };
  }

  #string(): string {
    const start = this.#at;

    const literal = this.#match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (literal === null) {
      this.#at = start;
      return this.#fail();
    }
    if (literal.includes('\\u0000')) {
      throw new PgError('22P05', 'unsupported Unicode escape sequence', {
        detail: '\\u0000 cannot be converted to text.',
      });
    }
    return JSON.parse(literal) as string;
  }

  #array(depth: number): JsonValue {
    this.#at += 1;
    const items: JsonValue[] = [];
    this.#space();
    if (this.#match(/\]/y) !== null) return { kind: 'array', items };
    for (;;) {
      items.push(this.#value(depth + 1));
      this.#space();
      if (this.#match(/\]/y) !== null) return { kind: 'array', items };
      if (this.#match(/,/y) === null) this.#fail();
    }
  }

  #object(depth: number): JsonValue {
    this.#at += 1;
    const members: (readonly [string, JsonValue])[] = [];
    this.#space();
    if (this.#match(/\}/y) !== null) return { kind: 'object', members };
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail();
      const key = this.#string();
      this.#space();
      if (this.#match(/:/y) === null) this.#fail();
      members.push([key, this.#value(depth + 1)]);
      this.#space();
      if (this.#match(/\}/y) !== null) return { kind: 'object', members };
      if (this.#match(/,/y) === null) this.#fail();
    }
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length - y.length || Buffer.compare(x, y);
}

/** As jsonb_out writes it. */
export function formatJsonb(value: JsonValue): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(value.value);
    case 'number': {
      const decimal = tryReadDecimal(value.text);
      return decimal === null
        ? value.text
        : formatDecimal(decimal).replace(/^-(0(?:\.0*)?)$/, '$1');
    }
    case 'string':
      return JSON.stringify(value.value);
    case 'array':
      return `[${value.items.map(formatJsonb).join(', ')}]`;
    default: {
      const members = [...new Map(value.members)].sort(byKey);
      const texts = members.map(([key, item]) => `${JSON.stringify(key)}: ${formatJsonb(item)}`);
      return `{${texts.join(', ')}}`;
    }
  }
}

export const JSON_TYPES: readonly PgType[] = [
  defineType({
    oid: 114,
    name: 'json',
    category: 'U',
    arrayOid: 199,
    storage: 'TEXT',
    parse(text) {
      parseJson(checkText(text));
      return text;
    },
    format: asText,
    decode(bytes) {
      const text = decodeUtf8(bytes);
      parseJson(text);
      return text;
    },
    encode: (value) => Buffer.from(asText(value)),
  }),
  defineType({
    oid: 3802,
    name: 'jsonb',
    category: 'U',
    arrayOid: 3807,
    storage: 'TEXT',
    parse: (text) => formatJsonb(parseJson(checkText(text))),
    format: asText,
    decode(bytes) {
      if (bytes.length === 0) throw tooShort(1);
      if (bytes[0] !== 1) {
        throw new PgError('XX000', `unsupported jsonb version number ${bytes[0]}`);
      }
      return formatJsonb(parseJson(decodeUtf8(bytes.subarray(1))));
    },
    encode: (value) => Buffer.concat([Buffer.from([1]), Buffer.from(asText(value))]),
  }),
];
