// Rows and tags of results, as messages.
import type { FieldDescription } from '../protocol/backend-writer.ts';
import type { Format } from '../protocol/frontend.ts';
import { ProtocolError } from '../protocol/frontend.ts';
import type { CommandTag, Plan, ResultColumn } from '../sql/plan.ts';
import type { FormatSettings, PgType } from '../types/pg-type.ts';
import { mustType } from '../types/registry.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { StatementResult } from './backend.ts';
import type { SessionContext } from './session-context.ts';
import { formatSettings } from './session-context.ts';

/** Formats of each result column: none given is text, one goes for all (PG: Bind). */
export function columnFormats(count: number, formats: readonly Format[]): readonly Format[] {
  if (formats.length === 0) return new Array<Format>(count).fill(0);
  if (formats.length === 1) return new Array<Format>(count).fill(formats[0] as Format);
  if (formats.length !== count) {
    throw new ProtocolError(
      `bind message has ${formats.length} result formats but query has ${count} columns`,
    );
  }
  return formats;
}

export function fieldDescriptions(
  columns: readonly ResultColumn[],
  formats: readonly Format[],
): readonly FieldDescription[] {
  return columns.map((column, at) => ({
    name: column.name,
    tableOid: column.tableOid,
    columnNumber: column.columnNumber,
    typeOid: column.type,
    typeLength: mustType(column.type).length,
    typmod: column.typmod,
    format: formats[at] ?? 0,
  }));
}

/** Writes DataRows of one result; what depends on the columns only is worked out once. */
export class RowWriter {
  readonly #context: SessionContext;
  readonly #types: readonly PgType[];
  readonly #formats: readonly Format[];
  readonly #settings: FormatSettings;

  constructor(
    context: SessionContext,
    columns: readonly ResultColumn[],
    formats: readonly Format[],
  ) {
    this.#context = context;
    this.#types = columns.map((column) => mustType(column.type));
    this.#formats = formats;
    this.#settings = formatSettings(context);
  }

  write(rows: readonly (readonly SqliteValue[])[]): void {
    for (const row of rows)
      this.#context.writer.dataRow(row.map((value, at) => this.#cell(value, at)));
  }

  #cell(value: SqliteValue, at: number): string | Uint8Array | null {
    if (value === null) return null;
    const type = this.#types[at] as PgType;
    return this.#formats[at] === 1 ? type.encode(value) : type.format(value, this.#settings);
  }
}

export function formatTag(tag: CommandTag, count: number): string {
  return tag.hasCount ? `${tag.name} ${count}` : tag.name;
}

export function writeNotices({ writer }: SessionContext, plan: Plan): void {
  if (plan.kind !== 'query') return;
  for (const { severity, code, message } of plan.notices) writer.notice(severity, code, message);
}

/** RowDescription, rows and tag of a statement of a simple query. */
export function writeSimpleResult(
  context: SessionContext,
  plan: Plan,
  result: StatementResult,
): void {
  writeNotices(context, plan);
  if (plan.columns !== null) {
    const formats = columnFormats(plan.columns.length, []);
    context.writer.rowDescription(fieldDescriptions(plan.columns, formats));
    new RowWriter(context, plan.columns, formats).write(result.rows ?? []);
  }
  context.writer.commandComplete(formatTag(plan.tag, result.count));
}
