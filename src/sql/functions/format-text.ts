// format() (PG: 9.4.1). Arguments arrive as text.
import { PgError } from '../../errors/pg-error.ts';
import { quoteIdentifier, quoteLiteral } from '../../catalog/quote-identifier.ts';
import { checkLength } from './bounds.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';

const SPECIFIER = /%(?:(\d+)\$)?(-)?(?:(\d+)|\*(?:(\d+)\$)?|)(.|$)/gsu;

class Arguments {
  readonly #values: readonly SqliteValue[];
  #next = 0;

  constructor(values: readonly SqliteValue[]) {
    this.#values = values;
  }

  /** The one of that number, or the next one. */
  take(number: string | undefined): SqliteValue {
    const index = number === undefined ? this.#next : Number(number) - 1;
    if (index < 0) {
      throw new PgError('22023', 'format specifies argument 0, but arguments are numbered from 1');
    }
    if (index >= this.#values.length) {
      throw new PgError('22023', 'too few arguments for format()');
    }
    this.#next = index + 1;
    return this.#values[index] ?? null;
  }
}

function shown(type: string, value: SqliteValue): string {
  switch (type) {
    case 's':
      return value === null ? '' : String(value);
    case 'L':
      return value === null ? 'NULL' : quoteLiteral(String(value));
    default:
      if (value !== null) return quoteIdentifier(String(value));
      throw new PgError('22004', 'null values cannot be formatted as an SQL identifier');
  }
}

function padded(text: string, width: number, isLeft: boolean): string {
  const missing = ' '.repeat(Math.max(Math.abs(width) - [...text].length, 0));
  return isLeft || width < 0 ? text + missing : missing + text;
}

export function formatted([format = null, ...values]: readonly SqliteValue[]): SqliteValue {
  if (format === null) return null;
  const args = new Arguments(values);
  const text = String(format);
  let result = '';
  let end = 0;
  // One at a time: the first that is wrong ends it.
  for (const match of text.matchAll(SPECIFIER)) {
    const [whole, number, minus, digits, starNumber, type = ''] = match;
    result += text.slice(end, match.index);
    end = match.index + whole.length;
    if (whole === '%%') {
      result += '%';
      continue;
    }
    if (type === '') throw new PgError('22023', 'unterminated format() type specifier', HINT);
    const hasStar = whole.includes('*');
    const width = hasStar ? Number(args.take(starNumber) ?? 0) : Number(digits ?? 0);
    if (!['s', 'I', 'L'].includes(type)) {
      throw new PgError('22023', `unrecognized format() type specifier "${type}"`, HINT);
    }
    result += padded(shown(type, args.take(number)), width, minus !== undefined);
    checkLength(result.length);
  }
  return result + text.slice(end);
}

const HINT = { hint: 'For a single "%" use "%%".' };
