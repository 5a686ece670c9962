// The lines of COPY FROM in text and csv format, from bytes that are cut anywhere (PG:
// CopyReadLineText). The first line end says which kind all of them are; another kind is an error,
// as in Postgres, and so is what follows a `\.` on its line.
import { PgError } from '../../errors/pg-error.ts';
import { CHARACTER_BYTES_MAX, decodeText } from '../../types/utf8.ts';
import { InputBuffer } from './input-buffer.ts';
import type { CopyOptions } from './options.ts';
import type { CopyPosition } from './position.ts';

/** No row of more bytes could be written anyway. */
export const LINE_BYTES_MAX = 8 * 1024 * 1024;

const LF = 0x0a;
const CR = 0x0d;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
/** What stands for a byte behind the last. */
const NOTHING = 0;

/** What a byte is to the reader; ORDINARY needs no look. */
const ORDINARY = 0;
const SPECIAL = 1;
/** NUL, or part of a character of several bytes: the text must be checked. */
const CHECKED = 2;

type LineEnd = 'lf' | 'cr' | 'crlf';

export class LineReader {
  readonly #position: CopyPosition;
  readonly #isCsv: boolean;
  readonly #quote: number;
  /** NOTHING if it is the quote itself. */
  readonly #escape: number;
  readonly #kinds = new Uint8Array(256);
  readonly #input = new InputBuffer();
  /** How far the line was looked at that starts where the input does. */
  #at = 0;
  #lineEnd: LineEnd | null = null;
  #isQuoted = false;
  #isEscaped = false;
  #isChecked = false;
  /** The input has come to its end: by a `\.`, or because no more bytes follow. */
  #hasEnded = false;
  #isLast = false;
  /** The line given last holds a backslash (text) or a quote (csv). */
  isPlain = true;

  constructor(options: CopyOptions, position: CopyPosition) {
    this.#position = position;
    this.#isCsv = options.format === 'csv';
    this.#quote = this.#isCsv ? options.quote.charCodeAt(0) : NOTHING;
    const escape = this.#isCsv ? options.escape.charCodeAt(0) : NOTHING;
    this.#escape = escape === this.#quote ? NOTHING : escape;
    this.#kinds.fill(CHECKED, 0x80);
    for (const byte of [LF, CR, BACKSLASH, this.#quote, this.#escape]) this.#kinds[byte] = SPECIAL;
    this.#kinds[NOTHING] = CHECKED;
    position.nextLine();
  }

  push(bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    this.#at -= this.#input.push(bytes);
  }

  /** No more bytes follow: what is left is the last line. */
  end(): void {
    this.#isLast = true;
  }

  /** The next line without its end; null: none is complete. Throws PgError. */
  next(): string | null {
    if (this.#position.lineText !== null) this.#position.nextLine();
    if (this.#hasEnded) return null;
    const end = this.#scan();
    if (end === null) {
      this.#checkLength();
      return null;
    }
    // Bytes behind `\.`, and an empty rest behind the last line end, are no line.
    if (this.#hasEnded && end === this.#input.start) return null;
    const text = this.#textUntil(end);
    this.#input.start = this.#at;
    this.#position.lineText = text;
    return text;
  }

  #textUntil(end: number): string {
    const { bytes, start } = this.#input;
    const line = bytes.subarray(start, end);
    if (!this.#isChecked) return line.toString('latin1');
    this.#isChecked = false;
    try {
      const behind = Math.min(this.#input.end, end + CHARACTER_BYTES_MAX);
      return decodeText(line, bytes.subarray(end, behind));
    } catch (error) {
      throw error instanceof PgError ? this.#position.locate(error) : error;
    }
  }

  #checkLength(): void {
    if (this.#input.length <= LINE_BYTES_MAX) return;
    throw this.#position.error(
      `a line of COPY may have ${LINE_BYTES_MAX} bytes at most`,
      { hint: 'Is it the right format, delimiter and quote?' },
      '54000',
    );
  }

  /** Looks for the end of the line; `#at` is behind it then. null: more bytes are needed. */
  #scan(): number | null {
    const kinds = this.#kinds;
    const { bytes, start, end } = this.#input;
    if (this.#at === start) this.isPlain = true;
    let at = this.#at;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      const kind = kinds[byte];
      if (kind === ORDINARY) continue;
      if (kind === CHECKED) {
        this.#isChecked = true;
        continue;
      }
      this.#at = at;
      const lineEnd = this.#special(byte);
      if (lineEnd === 'more') return null;
      if (lineEnd !== null) return lineEnd;
      at = this.#at;
    }
    this.#at = at;
    if (!this.#isLast) return null;
    this.#hasEnded = true;
    return this.#input.end;
  }

  /**
   * Handles the byte at `#at`. A number: the line ends there, and `#at` is behind its end; null: go
   * on behind `#at`; `more`: look again when there are more bytes.
   */
  #special(byte: number): number | 'more' | null {
    if (this.#at + this.#bytesWanted(byte) > this.#input.end && !this.#isLast) return 'more';
    if (this.#isCsv) this.#noteQuote(byte);
    if (byte === LF && !this.#isQuoted) return this.#endOfLine('lf', 1);
    if (byte === CR && !this.#isQuoted) return this.#carriageReturn();
    if (byte === BACKSLASH) return this.#backslash();
    return null;
  }

  /** How many bytes, this one included, tell what it means. */
  #bytesWanted(byte: number): number {
    if (byte === CR) return 2;
    if (byte !== BACKSLASH) return 1;
    if (this.#isCsv && this.#at !== this.#input.start) return 1;
    if (this.#peek(1) !== DOT) return 2;
    return this.#lineEnd === 'crlf' ? 4 : 3;
  }

  #noteQuote(byte: number): void {
    const isBehindEscape = this.#at > this.#input.start && this.#peek(-1) === this.#escape;
    if (!isBehindEscape) this.#isEscaped = false;
    if (this.#isQuoted && byte === this.#escape) this.#isEscaped = !this.#isEscaped;
    if (byte === this.#quote && !this.#isEscaped) this.#isQuoted = !this.#isQuoted;
    if (byte !== this.#escape) this.#isEscaped = false;
    if (byte === this.#quote) this.isPlain = false;
    // Lines are counted as they stand in the file.
    const counted = this.#lineEnd === 'lf' ? LF : CR;
    if (this.#isQuoted && byte === counted) this.#position.line += 1;
  }

  #peek(offset: number): number {
    const at = this.#at + offset;
    return at < this.#input.end ? (this.#input.bytes[at] as number) : NOTHING;
  }

  #endOfLine(kind: LineEnd, length: number): number {
    const end = this.#at;
    if (this.#lineEnd !== null && this.#lineEnd !== kind) throw this.#wrongLineEnd(kind);
    this.#lineEnd = kind;
    this.#at += length;
    return end;
  }

  #carriageReturn(): number {
    const isPair = this.#peek(1) === LF && (this.#lineEnd === null || this.#lineEnd === 'crlf');
    return isPair ? this.#endOfLine('crlf', 2) : this.#endOfLine('cr', 1);
  }

  #wrongLineEnd(kind: LineEnd): PgError {
    const [name, letter] = kind === 'lf' ? ['newline', 'n'] : ['carriage return', 'r'];
    if (this.#isCsv) {
      return this.#position.error(`unquoted ${name} found in data`, {
        hint: `Use quoted CSV field to represent ${name}.`,
      });
    }
    return this.#position.error(`literal ${name} found in data`, {
      hint: `Use "\\${letter}" to represent ${name}.`,
    });
  }

  #backslash(): number | null {
    // In csv it means something only in `\.` at the start of a line.
    if (this.#isCsv && this.#at !== this.#input.start) return null;
    const end = this.#peek(1) === DOT ? this.#endMarker() : null;
    if (end !== null || this.#isCsv) return end;
    this.isPlain = false;
    // What follows is escaped, a line end too.
    const next = this.#peek(1);
    if (this.#at + 1 < this.#input.end) {
      this.#at += 1;
      if (this.#kinds[next] === CHECKED) this.#isChecked = true;
    }
    return null;
  }

  /** `\.` and a line end of the kind seen before. null: csv, where it may be data. */
  #endMarker(): number | null {
    let offset = 2;
    if (this.#lineEnd === 'crlf') {
      const byte = this.#peek(offset);
      if (byte !== CR) {
        if (this.#isCsv) return null;
        throw byte === LF ? this.#wrongMarkerEnd() : this.#corruptMarker();
      }
      offset += 1;
    }
    const byte = this.#peek(offset);
    if (byte !== CR && byte !== LF) {
      if (this.#isCsv) return null;
      throw this.#corruptMarker();
    }
    const wanted = { lf: LF, cr: CR, crlf: LF };
    if (this.#lineEnd !== null && byte !== wanted[this.#lineEnd]) throw this.#wrongMarkerEnd();
    this.#hasEnded = true;
    return this.#at;
  }

  #corruptMarker(): PgError {
    return this.#position.error('end-of-copy marker corrupt');
  }

  #wrongMarkerEnd(): PgError {
    return this.#position.error('end-of-copy marker does not match previous newline style');
  }
}
