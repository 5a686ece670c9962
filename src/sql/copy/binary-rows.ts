// COPY FROM in binary format, from bytes that are cut anywhere (PG: COPY, Binary Format).
import { PgError } from '../../errors/pg-error.ts';
import { InputBuffer } from './input-buffer.ts';
import { LINE_BYTES_MAX } from './line-reader.ts';
import type { CopyPosition } from './position.ts';
import type { InputColumn, RowDecoder, RowOutput } from './row-decoder.ts';

export const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
export const TRAILER = -1;
const OIDS_FLAG = 0x1_0000;

/** More bytes are needed: what was begun is begun again when they are there. */
const MORE = Symbol('more');

type Part = 'header' | 'extension' | 'count' | 'field' | 'behind';

export class BinaryRows implements RowDecoder {
  readonly #columns: readonly InputColumn[];
  readonly #position: CopyPosition;
  readonly #output: RowOutput;
  readonly #input = new InputBuffer();
  #isLast = false;
  #part: Part = 'header';
  /** Bytes of the header's extension that are left, or the column that comes next. */
  #left = 0;
  #column = 0;

  constructor(columns: readonly InputColumn[], position: CopyPosition, output: RowOutput) {
    this.#columns = columns;
    this.#position = position;
    this.#output = output;
  }

  push(bytes: Uint8Array): void {
    this.#input.push(bytes);
    this.#read();
  }

  end(): void {
    this.#isLast = true;
    this.#read();
  }

  #read(): void {
    try {
      while (this.#readPart() !== MORE);
    } catch (error) {
      // The header is read before there is a line.
      const isLocated = error instanceof PgError && this.#position.line > 0;
      throw isLocated ? this.#position.locate(error) : error;
    }
  }

  #readPart(): typeof MORE | void {
    switch (this.#part) {
      case 'header':
        return this.#readHeader();
      case 'extension':
        return this.#skipExtension();
      case 'count':
        return this.#readCount();
      case 'field':
        return this.#readField();
      case 'behind':
        if (this.#input.length === 0) return MORE;
        throw bad('received copy data after EOF marker');
    }
  }

  /** True if that many bytes are there; false if they may still come; throws if they never will. */
  #has(count: number, message: string): boolean {
    if (this.#input.length >= count) return true;
    if (this.#isLast) throw bad(message);
    return false;
  }

  #int32(): number {
    this.#input.start += 4;
    return this.#input.bytes.readInt32BE(this.#input.start - 4);
  }

  #readHeader(): typeof MORE | void {
    if (!this.#has(SIGNATURE.length, 'COPY file signature not recognized')) return MORE;
    const signature = this.#input.bytes.subarray(
      this.#input.start,
      this.#input.start + SIGNATURE.length,
    );
    if (!signature.equals(SIGNATURE)) throw bad('COPY file signature not recognized');
    const flagsAt = SIGNATURE.length;
    if (!this.#has(flagsAt + 4, 'invalid COPY file header (missing flags)')) return MORE;
    const flags = this.#input.bytes.readInt32BE(this.#input.start + flagsAt);
    if ((flags & OIDS_FLAG) !== 0) throw bad('invalid COPY file header (WITH OIDS)');
    if (flags >>> 16 !== 0) throw bad('unrecognized critical flags in COPY file header');
    if (!this.#has(flagsAt + 8, 'invalid COPY file header (missing length)')) return MORE;
    this.#input.start += flagsAt + 4;
    this.#left = this.#int32();
    if (this.#left < 0) throw bad('invalid COPY file header (missing length)');
    this.#part = 'extension';
  }

  #skipExtension(): typeof MORE | void {
    const skipped = Math.min(this.#left, this.#input.length);
    this.#input.start += skipped;
    this.#left -= skipped;
    if (this.#left > 0) {
      if (this.#isLast) throw bad('invalid COPY file header (wrong length)');
      return MORE;
    }
    this.#part = 'count';
    this.#position.nextLine();
  }

  #readCount(): typeof MORE | void {
    // Without a trailer the rows may end too, and so may half a count.
    if (this.#input.length < 2) return MORE;
    const count = this.#input.bytes.readInt16BE(this.#input.start);
    this.#input.start += 2;
    if (count === TRAILER) {
      this.#part = 'behind';
      return;
    }
    const wanted = this.#columns.length;
    if (count !== wanted) throw bad(`row field count is ${count}, expected ${wanted}`);
    this.#column = 0;
    this.#part = 'field';
  }

  #readField(): typeof MORE | void {
    const column = this.#columns[this.#column] as InputColumn;
    const position = this.#position;
    position.column = column.name;
    position.value = undefined;
    if (!this.#has(4, 'unexpected EOF in COPY data')) return MORE;
    const length = this.#input.bytes.readInt32BE(this.#input.start);
    if (length < -1) throw bad('invalid field size');
    if (length > LINE_BYTES_MAX) {
      throw new PgError('54000', `a field of COPY may have ${LINE_BYTES_MAX} bytes at most`);
    }
    if (!this.#has(4 + Math.max(0, length), 'unexpected EOF in COPY data')) return MORE;
    this.#input.start += 4;
    const bytes =
      length < 0 ? null : this.#input.bytes.subarray(this.#input.start, this.#input.start + length);
    this.#input.start += Math.max(0, length);
    this.#output.writer.value(bytes === null ? null : column.decode(bytes));
    this.#column += 1;
    if (this.#column < this.#columns.length) return;
    position.column = null;
    this.#output.onRow(position.line);
    position.nextLine();
    this.#part = 'count';
  }
}

function bad(message: string): PgError {
  return new PgError('22P04', message);
}
