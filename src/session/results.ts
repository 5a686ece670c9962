// Rows and tags of results, as messages.
import { PgError } from '../errors/pg-error.ts';
import type { FieldDescription } from '../protocol/backend-writer.ts';
import type { Format } from '../protocol/frontend.ts';
import type { CommandTag, Notice, Plan, ResultColumn } from '../sql/plan.ts';
import type { FormatSettings, PgType } from '../types/pg-type.ts';
import { mustType } from '../types/registry.ts';
import type { SqliteValue } from '../types/sqlite-value.ts';
import type { StatementResult } from './backend.ts';
import type { SessionContext } from './session-context.ts';
import { formatSettings } from './session-context.ts';
import type { SessionPlan } from './session-plan.ts';
import { SEVERITIES } from './setting-values.ts';

/** Formats of each result column: none given is text, one goes for all (PG: Bind). */
export function columnFormats(count: number, formats: readonly number[]): readonly Format[] {
  if (formats.length > 1 && formats.length !== count) {
    throw new PgError(
      '08P01',
      `bind message has ${formats.length} result formats but query has ${count} columns`,
    );
  }
  const codes = formats.map(checkFormat);
  return codes.length > 1 ? codes : new Array<Format>(count).fill(codes[0] ?? 0);
}

export function checkFormat(code: number): Format {
  if (code === 0 || code === 1) return code;
  throw new PgError('22023', `unsupported format code: ${code}`);
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
    // By the columns: SQLite has no rows without any, and gives one value for them.
    for (const row of rows) {
      this.#context.writer.dataRow(this.#types.map((type, at) => this.#cell(type, row[at], at)));
    }
  }

  #cell(type: PgType, value: SqliteValue | undefined, at: number): string | Uint8Array | null {
    if (value === null || value === undefined) return null;
    return this.#formats[at] === 1 ? type.encode(value) : type.format(value, this.#settings);
  }
}

export function formatTag(tag: CommandTag, count: number): string {
  return tag.hasCount ? `${tag.name} ${count}` : tag.name;
}

/** A notice, if the client wants to hear of such. */
export function writeNotice(
  { writer, settings }: SessionContext,
  { severity, code, message, detail }: Notice,
): void {
  const least = SEVERITIES.indexOf(settings.get('client_min_messages'));
  if (SEVERITIES.indexOf(severity.toLowerCase()) < least) return;
  writer.notice(severity, code, message, detail);
}

export function writeWarning(context: SessionContext, code: string, message: string): void {
  writeNotice(context, { severity: 'WARNING', code, message });
}

export function writeNotices(context: SessionContext, plan: Plan): void {
  if (plan.kind !== 'query') return;
  if (plan.isAboutTransaction === true && !context.block.isBlock) {
    writeWarning(context, '25P01', `${plan.tag.name} can only be used in transaction blocks`);
  }
  for (const notice of plan.notices) writeNotice(context, notice);
}

/** RowDescription, rows and tag of a statement of a simple query. */
export function writeSimpleResult(
  context: SessionContext,
  plan: SessionPlan,
  result: StatementResult,
): void {
  writeNotices(context, plan);
  if (plan.columns !== null) {
    const isBinary = plan.kind === 'utility' && plan.isBinary === true;
    const formats = columnFormats(plan.columns.length, isBinary ? [1] : []);
    context.writer.rowDescription(fieldDescriptions(plan.columns, formats));
    new RowWriter(context, plan.columns, formats).write(result.rows ?? []);
  }
  context.writer.commandComplete(formatTag(plan.tag, result.count));
}
