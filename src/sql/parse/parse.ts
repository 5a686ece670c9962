// The only importer of the Postgres parser, which runs in WebAssembly. Input that is nested too
// deeply can leave an instance broken for good, so a fresh one always stands ready to replace it.
// @ts-expect-error The package has no types for its raw factory.
import createInstance from 'libpg-query/wasm/libpg-query.js';
import { PgError } from '../../errors/pg-error.ts';
import type { SqlState } from '../../errors/sqlstate.ts';
import { must } from '../../util/assert.ts';
import type { Node } from './node.ts';

/** One statement of a query string. */
export interface ParsedStatement {
  /** The parser's node: `{ SelectStmt: ... }`. */
  readonly node: Node;
  /** The whole query string: positions in errors count in it. */
  readonly source: string;
  /** The statement alone, trimmed. */
  readonly text: string;
  /** Of a long one: it was compiled, and the node is not likely to be looked at again. */
  forgetTree?(): void;
}

/** Longest query string, in bytes. */
export const SQL_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 500;
/** Of a query string, see LongStatement. */
const LONG_TEXT = 16 * 1024;

interface Instance {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  _wasm_parse_query_raw(query: number): number;
  _wasm_free_parse_result(result: number): void;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, pointer: number, bytes: number): void;
  UTF8ToString(pointer: number): string;
  getValue(pointer: number, type: 'i32'): number;
}

interface RawStatement {
  readonly stmt: Node;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

let current: Instance | null = null;
let spare: Promise<Instance> | null = null;
let readySpare: Instance | null = null;

function prepareSpare(): void {
  spare = (createInstance as () => Promise<Instance>)();
  void spare.then((instance) => (readySpare = instance));
}

/** Call once, before the first parse. */
export async function initializeParser(): Promise<void> {
  if (current !== null) return;
  current = await (createInstance as () => Promise<Instance>)();
  prepareSpare();
  await spare;
}

function replaceInstance(): void {
  if (readySpare === null) return;
  current = readySpare;
  readySpare = null;
  prepareSpare();
}

/** Throws PgError 42601 with Postgres' message and position. */
export function parse(sql: string): readonly ParsedStatement[] {
  if (sql.includes('\0')) {
    throw new PgError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  if (Buffer.byteLength(sql) > SQL_BYTES_MAX) {
    throw new PgError('54000', `the query string is longer than ${SQL_BYTES_MAX} bytes`);
  }
  if (sql.trim() === '') return [];
  const statements = JSON.parse(parseToJson(sql)) as { readonly stmts?: readonly RawStatement[] };
  const bytes = Buffer.from(sql);
  return (statements.stmts ?? []).map(({ stmt, stmt_location = 0, stmt_len = 0 }, at) => {
    checkDepth(stmt);
    const end = stmt_len === 0 ? bytes.length : stmt_location + stmt_len;
    const text = bytes.toString('utf8', stmt_location, end).trim();
    return sql.length > LONG_TEXT
      ? new LongStatement(stmt, sql, text, at)
      : { node: stmt, source: sql, text };
  });
}

/**
 * A tree takes fifty times as much memory as its text, and an open transaction keeps its statements,
 * to compile them again if the schema changes. So the tree of a long one goes when it has been
 * compiled, and is made again when somebody wants it after all.
 */
class LongStatement implements ParsedStatement {
  readonly source: string;
  readonly text: string;
  /** Its place in the source. */
  readonly #at: number;
  #tree: Node | null;

  constructor(tree: Node, source: string, text: string, at: number) {
    this.#tree = tree;
    this.source = source;
    this.text = text;
    this.#at = at;
  }

  get node(): Node {
    this.#tree ??= must(parse(this.source)[this.#at], 'it was there').node;
    return this.#tree;
  }

  forgetTree(): void {
    this.#tree = null;
  }
}

function parseToJson(sql: string): string {
  const instance = must(current, 'initializeParser() comes first');
  try {
    return parseWith(instance, sql);
  } catch (error) {
    if (error instanceof PgError) throw error;
    // The stack overflowed inside the parser, and its own stack pointer was not set back.
    replaceInstance();
    throw new PgError('54001', 'stack depth limit exceeded', {
      hint: 'The statement is nested too deeply, or its operators are chained too long.',
    });
  }
}

function parseWith(instance: Instance, sql: string): string {
  const byteCount = instance.lengthBytesUTF8(sql) + 1;
  const query = instance._malloc(byteCount);
  instance.stringToUTF8(sql, query, byteCount);
  const result = instance._wasm_parse_query_raw(query);
  try {
    const error = instance.getValue(result + 8, 'i32');
    if (error !== 0) throw syntaxError(instance, error);
    return instance.UTF8ToString(instance.getValue(result, 'i32'));
  } finally {
    instance._wasm_free_parse_result(result);
    instance._free(query);
  }
}

/** PgQueryError: message, function, file, line, cursor position (characters, from 0 or 1). */
function syntaxError(instance: Instance, error: number): PgError {
  const message = instance.UTF8ToString(instance.getValue(error, 'i32'));
  const position = instance.getValue(error + 16, 'i32');
  return new PgError(codeOf(message), message, {
    position: position > 0 ? position : undefined,
  });
}

/** Messages of the scanner and the grammar whose code is not that of a syntax error. */
const CODES: readonly (readonly [start: string, code: SqlState])[] = [
  ['memory exhausted', '54001'],
  ['invalid byte sequence for encoding', '22021'],
  ['frame start', '42P20'],
  ['frame end', '42P20'],
  ['precision for type float must be', '22023'],
];

function codeOf(message: string): SqlState {
  return CODES.find(([start]) => message.startsWith(start))?.[1] ?? '42601';
}

/** Everything behind the parser walks the tree recursively. */
function checkDepth(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) throw new PgError('54001', 'stack depth limit exceeded');
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const child of Object.values(value)) if (typeof child === 'object') next.push(child);
    }
    level = next;
  }
}

/** A byte offset of the parser as a position in characters, from 1. */
export function characterPosition(
  source: string,
  byteOffset: number | undefined,
): number | undefined {
  if (byteOffset === undefined || byteOffset < 0) return undefined;
  return [...Buffer.from(source).toString('utf8', 0, byteOffset)].length + 1;
}
