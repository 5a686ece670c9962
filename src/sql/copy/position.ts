// Where a COPY FROM is in its input: the CONTEXT of errors (PG: CopyFromErrorCallback).
import { PgError } from '../../errors/pg-error.ts';

const SHOWN_BYTES_MAX = 100;

export class CopyPosition {
  readonly #relationName: string;
  /** From 1; 0 before the first. */
  line = 0;
  /** The line as it came, once it is complete; null while it is read. */
  lineText: string | null = null;
  /** The column that is converted, if one is. */
  column: string | null = null;
  /** Its value as it came: null is NULL, undefined a value that cannot be shown. */
  value: string | null | undefined = undefined;

  constructor(relationName: string) {
    this.#relationName = relationName;
  }

  /** The next line is being read. */
  nextLine(): void {
    this.line += 1;
    this.lineText = null;
    this.column = null;
  }

  /** The context as of now. */
  context(): string {
    if (this.column === null) return lineContext(this.#relationName, this.line, this.lineText);
    const base = `${lineContext(this.#relationName, this.line, null)}, column ${this.column}`;
    if (this.value === undefined) return base;
    return this.value === null ? `${base}: null input` : `${base}: "${shortened(this.value)}"`;
  }

  /** The error, in the context as of now. */
  locate(error: PgError): PgError {
    return inContext(error, this.context());
  }

  /** An error of the input itself: 22P04 unless another code is given. */
  error(message: string, fields: PgError['fields'] = {}, code: PgError['code'] = '22P04'): PgError {
    return this.locate(new PgError(code, message, fields));
  }
}

export function lineContext(relationName: string, line: number, text: string | null): string {
  const shown = text === null ? '' : `: "${shortened(text)}"`;
  return `COPY ${relationName}, line ${line}${shown}`;
}

/** An inner context comes first. */
export function inContext(error: PgError, context: string): PgError {
  const { where } = error.fields;
  return new PgError(error.code, error.message, {
    ...error.fields,
    where: where === undefined ? context : `${where}\n${context}`,
  });
}

/** At most 100 bytes, cut between characters. */
export function shortened(text: string): string {
  if (text.length <= SHOWN_BYTES_MAX / 3) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= SHOWN_BYTES_MAX) return text;
  let end = SHOWN_BYTES_MAX;
  while (((bytes[end] as number) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}...`;
}
