// The only importer of the Postgres parser.

/** One statement of a query string. */
export interface ParsedStatement {
  /** The parser's node: `{ SelectStmt: ... }`. */
  readonly node: Readonly<Record<string, unknown>>;
  /** The whole query string: positions in errors count in it. */
  readonly source: string;
  /** The statement alone, trimmed. */
  readonly text: string;
}
