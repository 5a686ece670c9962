// Rows of COPY TO -> what the client gets, a message for each (PG: CopyOneRowTo).
import type { FormatSettings, PgType } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { SIGNATURE, TRAILER } from './binary-rows.ts';
import type { CopyOptions } from './options.ts';
import type { CopyPlan } from './plan.ts';

type Row = readonly SqliteValue[];

export interface RowEncoder {
  /** What comes before the rows: a header line, or null. */
  begin(): string | null;
  row(row: Row): string | Uint8Array;
  /** What comes behind the rows, or null. */
  end(): Uint8Array | null;
}

export function createRowEncoder(plan: CopyPlan, settings: FormatSettings): RowEncoder {
  const types = plan.fields.map(({ type }) => mustType(type));
  return plan.options.format === 'binary'
    ? new BinaryEncoder(types)
    : new LineEncoder(plan, types, settings);
}

class LineEncoder implements RowEncoder {
  readonly #plan: CopyPlan;
  readonly #types: readonly PgType[];
  readonly #settings: FormatSettings;
  readonly #field: (text: string, at: number) => string;

  constructor(plan: CopyPlan, types: readonly PgType[], settings: FormatSettings) {
    this.#plan = plan;
    this.#types = types;
    this.#settings = settings;
    const { options, fields } = plan;
    this.#field = options.format === 'csv' ? csvField(options, fields) : textField(options);
  }

  begin(): string | null {
    const { fields, options } = this.#plan;
    if (options.header === 'none') return null;
    const write =
      options.format === 'csv' ? csvField({ ...options, forceQuote: [] }, fields) : this.#field;
    return `${fields.map(({ name }, at) => write(name, at)).join(options.delimiter)}\n`;
  }

  row(row: Row): string {
    const { delimiter, nullText } = this.#plan.options;
    let line = '';
    // Of a query without columns SQLite gives rows with one.
    for (const [at, type] of this.#types.entries()) {
      const value = row[at] ?? null;
      if (at > 0) line += delimiter;
      if (value === null) line += nullText;
      else line += this.#field(type.format(value, this.#settings), at);
    }
    return `${line}\n`;
  }

  end(): null {
    return null;
  }
}

const LETTERS: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function textField({ delimiter }: CopyOptions): (text: string) => string {
  const special = new RegExp(`[\\b\\f\\n\\r\\t\\v\\\\${inClass(delimiter)}]`, 'g');
  const escaped = (character: string): string => LETTERS[character] ?? `\\${character}`;
  return (text) => text.replace(special, escaped);
}

function csvField(
  { delimiter, nullText, quote, escape, forceQuote }: CopyOptions,
  fields: CopyPlan['fields'],
): (text: string, at: number) => string {
  const special = new RegExp(`[\\n\\r${inClass(delimiter)}${inClass(quote)}]`);
  const escaped = new RegExp(`[${inClass(quote)}${inClass(escape)}]`, 'g');
  const isForced = fields.map(({ name }) => forceQuote === 'all' || forceQuote.includes(name));
  // Alone on a line it would be taken for the end of the data.
  const isMarker = (text: string): boolean => fields.length === 1 && text === '\\.';
  return (text, at) => {
    const isQuoted = isForced[at] === true || text === nullText || isMarker(text);
    if (!isQuoted && !special.test(text)) return text;
    return `${quote}${text.replace(escaped, (character) => escape + character)}${quote}`;
  };
}

/** A character as it stands in a class of a regular expression. */
function inClass(character: string): string {
  return /[\\\]^-]/.test(character) ? `\\${character}` : character;
}

class BinaryEncoder implements RowEncoder {
  readonly #types: readonly PgType[];
  #isBegun = false;

  constructor(types: readonly PgType[]) {
    this.#types = types;
  }

  begin(): null {
    return null;
  }

  /** The header comes with the first row, as from Postgres. */
  #header(): readonly Uint8Array[] {
    if (this.#isBegun) return [];
    this.#isBegun = true;
    return [SIGNATURE, Buffer.alloc(8)];
  }

  row(row: Row): Uint8Array {
    const parts: Uint8Array[] = [...this.#header(), int16(this.#types.length)];
    for (const [at, type] of this.#types.entries()) {
      const value = row[at] ?? null;
      if (value === null) parts.push(int32(-1));
      else {
        const bytes = type.encode(value);
        parts.push(int32(bytes.length), bytes);
      }
    }
    return Buffer.concat(parts);
  }

  end(): Uint8Array {
    return Buffer.concat([...this.#header(), int16(TRAILER)]);
  }
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
