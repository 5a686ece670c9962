// Input of COPY FROM -> rows of stored values, as bytes come (PG: NextCopyFrom).
import { PgError } from '../../errors/pg-error.ts';
import type { FormatSettings, PgType } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type { ValueRowsWriter } from '../../types/value-rows.ts';
import { BinaryRows } from './binary-rows.ts';
import { csvFields, textFields } from './fields.ts';
import type { Fields } from './fields.ts';
import { LineReader } from './line-reader.ts';
import type { CopyField, CopyPlan } from './plan.ts';
import type { CopyOptions } from './options.ts';
import type { CopyPosition } from './position.ts';

/** What is done with each row: its values stand in the writer. */
export type OnRow = (line: number) => void;

export interface RowDecoder {
  /** Bytes cut anywhere. Throws PgError, and is of no use then. */
  push(bytes: Uint8Array): void;
  /** No more bytes follow. */
  end(): void;
}

export interface RowOutput {
  readonly writer: ValueRowsWriter;
  readonly onRow: OnRow;
  readonly settings: FormatSettings;
}

export function createRowDecoder(
  plan: CopyPlan,
  position: CopyPosition,
  output: RowOutput,
): RowDecoder {
  const columns = plan.fields.map((field) => new InputColumn(field, plan.options));
  return plan.options.format === 'binary'
    ? new BinaryRows(columns, position, output)
    : new LineRows(plan.options, columns, position, output);
}

/** How the values of one column are read. */
export class InputColumn {
  readonly name: string;
  readonly #type: PgType;
  readonly #typmod: number;
  readonly #isForcedNotNull: boolean;
  readonly #isForcedNull: boolean;
  readonly #nullText: string;

  constructor({ name, type, typmod }: CopyField, options: CopyOptions) {
    this.name = name;
    this.#type = mustType(type);
    this.#typmod = typmod;
    this.#isForcedNotNull = options.forceNotNull.includes(name);
    this.#isForcedNull = options.forceNull.includes(name);
    this.#nullText = options.nullText;
  }

  /** What the field is with FORCE_NULL and FORCE_NOT_NULL. */
  forced(text: string | null): string | null {
    if (text === null) return this.#isForcedNotNull ? this.#nullText : null;
    return this.#isForcedNull && text === this.#nullText ? null : text;
  }

  parse(text: string, settings: FormatSettings): SqliteValue {
    return this.#fit(this.#type.parse(text, -1, settings));
  }

  decode(bytes: Uint8Array): SqliteValue {
    return this.#fit(this.#type.decode(bytes, -1));
  }

  #fit(value: SqliteValue): SqliteValue {
    if (value === null || this.#typmod < 0) return value;
    return this.#type.coerce?.(value, this.#typmod, false) ?? value;
  }
}

/** Rows of the text and csv format. */
class LineRows implements RowDecoder {
  readonly #options: CopyOptions;
  readonly #columns: readonly InputColumn[];
  readonly #position: CopyPosition;
  readonly #output: RowOutput;
  readonly #lines: LineReader;
  #isHeader: boolean;

  constructor(
    options: CopyOptions,
    columns: readonly InputColumn[],
    position: CopyPosition,
    output: RowOutput,
  ) {
    this.#options = options;
    this.#columns = columns;
    this.#position = position;
    this.#output = output;
    this.#lines = new LineReader(options, position);
    this.#isHeader = options.header !== 'none';
  }

  push(bytes: Uint8Array): void {
    this.#lines.push(bytes);
    this.#readLines();
  }

  end(): void {
    this.#lines.end();
    this.#readLines();
    // There is not even an empty line.
    if (this.#isHeader && this.#options.header === 'match') {
      this.#position.lineText = '';
      this.#readLocated('');
    }
  }

  #readLines(): void {
    for (let line = this.#lines.next(); line !== null; line = this.#lines.next()) {
      this.#readLocated(line);
    }
  }

  #readLocated(line: string): void {
    try {
      this.#readLine(line);
    } catch (error) {
      throw error instanceof PgError ? this.#position.locate(error) : error;
    }
  }

  #readLine(line: string): void {
    if (this.#isHeader) {
      this.#isHeader = false;
      if (this.#options.header === 'match') this.#checkHeader(this.#fieldsOf(line));
      return;
    }
    const fields = this.#fieldsOf(line);
    if (fields.length > this.#columns.length) {
      throw new PgError('22P04', 'extra data after last expected column');
    }
    const { writer, onRow, settings } = this.#output;
    const position = this.#position;
    for (let at = 0; at < this.#columns.length; at++) {
      const column = this.#columns[at] as InputColumn;
      const field = fields[at];
      if (field === undefined) {
        position.column = null;
        throw new PgError('22P04', `missing data for column "${column.name}"`);
      }
      const text = column.forced(field);
      position.column = column.name;
      position.value = text;
      writer.value(text === null ? null : column.parse(text, settings));
    }
    position.column = null;
    onRow(position.line);
  }

  #fieldsOf(line: string): Fields {
    const read = this.#options.format === 'csv' ? csvFields : textFields;
    return read(line, this.#lines.isPlain, this.#options);
  }

  #checkHeader(fields: Fields): void {
    const columns = this.#columns;
    if (fields.length !== columns.length) {
      throw new PgError(
        '22P04',
        `wrong number of fields in header line: got ${fields.length}, expected ${columns.length}`,
      );
    }
    for (const [at, { name }] of columns.entries()) {
      const field = fields[at] ?? null;
      if (field === name) continue;
      const got = field === null ? `null value ("${this.#options.nullText}")` : `"${field}"`;
      throw new PgError(
        '22P04',
        `column name mismatch in header line field ${at + 1}: got ${got}, expected "${name}"`,
      );
    }
  }
}
