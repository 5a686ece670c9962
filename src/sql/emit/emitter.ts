// The state of writing one SQLite statement. Values become bindings: their places are marked in the
// text and numbered at the end, because the parts of a text are put together in any order.
import type { SqliteValue } from '../../types/sqlite-value.ts';
import type { Binding } from '../plan.ts';
import type { Query } from '../tree/query.ts';
import { PLACEHOLDER_MARK } from './names.ts';

/**
 * `bound`: texts and the like become bindings, integers and NULL are text. `inline`: all values are
 * text, as what goes into the schema cannot have bindings. `all bound`: none is.
 */
export type EmitterMode = 'bound' | 'inline' | 'all bound';

export class Emitter {
  readonly #bindings: Binding[] = [];
  readonly #mode: EmitterMode;
  readonly isInline: boolean;
  /** Entries of WITH that are being written, by name: one that is read inside itself recurses. */
  readonly openTables = new Map<string, Query>();

  constructor(mode: EmitterMode = 'bound') {
    this.#mode = mode;
    this.isInline = mode === 'inline';
  }

  /** A place for a value. */
  mark(binding: Binding): string {
    this.#bindings.push(binding);
    return `${PLACEHOLDER_MARK}${this.#bindings.length - 1}${PLACEHOLDER_MARK}`;
  }

  parameter(number: number): string {
    return this.mark({ kind: 'parameter', number });
  }

  value(value: SqliteValue): string {
    const constant = { kind: 'constant', value } as const;
    if (this.#mode === 'all bound') return this.mark(constant);
    if (value === null) return 'NULL';
    if (typeof value === 'bigint') return String(value);
    return this.#mode === 'inline' ? literal(value) : this.mark(constant);
  }

  /** The text with `?`, or what `place` says, for each place, and what to bind there, in order. */
  finish(
    text: string,
    place: (at: number) => string = () => '?',
  ): { readonly sql: string; readonly bindings: readonly Binding[] } {
    const pieces = text.split(PLACEHOLDER_MARK);
    const bindings: Binding[] = [];
    let sql = '';
    for (const [at, piece] of pieces.entries()) {
      if (at % 2 === 0) sql += piece;
      else {
        sql += place(bindings.length);
        bindings.push(this.#bindings[Number(piece)] as Binding);
      }
    }
    return { sql, bindings };
  }
}

function literal(value: number | string | Uint8Array): string {
  if (typeof value === 'number') {
    if (value === Infinity) return '9e999';
    if (value === -Infinity) return '-9e999';
    const text = String(value);
    return /[.e]/.test(text) ? text : `${text}.0`;
  }
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return `x'${Buffer.from(value).toString('hex')}'`;
}
