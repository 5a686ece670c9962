// Reading and writing of binary records: little endian, growing buffer, bounds checked. Every
// format of ours (log, peer messages, commands) goes through these two classes.

const SAFE_MAX = Number.MAX_SAFE_INTEGER;
const EMPTY = Buffer.alloc(0);
const GROWN_BYTES_MIN = 64;

/** Bytes from the network or a disk that do not decode. The caller decides what that means. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(bytes: number): number {
    const start = this.#length;
    const end = start + bytes;
    if (end > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.#buffer.length * 2, GROWN_BYTES_MIN));
      this.#buffer.copy(grown, 0, 0, start);
      this.#buffer = grown;
    }
    this.#length = end;
    return start;
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16LE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }

  i64(value: bigint): this {
    const at = this.#reserve(8);
    this.#buffer.writeBigInt64LE(value, at);
    return this;
  }

  f64(value: number): this {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
    return this;
  }

  /** A non-negative safe integer in 8 bytes. */
  u53(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a u53: ${value}`);
    const start = this.#reserve(8);
    this.#buffer.writeUInt32LE(value >>> 0, start);
    this.#buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), start + 4);
    return this;
  }

  /** A non-negative safe integer in as few bytes as it needs: seven bits each, the lowest first. */
  varint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    return this.u8(rest);
  }

  boolean(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  raw(bytes: Uint8Array): this {
    const start = this.#reserve(bytes.length);
    this.#buffer.set(bytes, start);
    return this;
  }

  /** Bytes behind a 32-bit length. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  /** UTF-8 behind a 32-bit length. */
  string(text: string): this {
    const bytes = Buffer.byteLength(text);
    return this.u32(bytes).utf8(text, bytes);
  }

  /** UTF-8 of `bytes` bytes, without its length. */
  utf8(text: string, bytes: number): this {
    const at = this.#reserve(bytes);
    this.#buffer.write(text, at, bytes, 'utf8');
    return this;
  }

  /** Overwrites a u32 written before, for lengths known only at the end. */
  patchU32(offset: number, value: number): this {
    this.#buffer.writeUInt32LE(value, offset);
    return this;
  }

  /** What was written: a view, valid until the writer is used again. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** What was written, as the caller's own. The writer is empty afterwards. */
  finish(): Buffer {
    const result = this.#buffer.subarray(0, this.#length);
    this.#buffer = EMPTY;
    this.#length = 0;
    return result;
  }
}

export class ByteReader {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#buffer.length - this.#offset;
  }

  #take(bytes: number): number {
    const start = this.#offset;
    if (bytes < 0 || bytes > this.#buffer.length - start) {
      throw new DecodeError(`wanted ${bytes} bytes at ${start} of ${this.#buffer.length}`);
    }
    this.#offset = start + bytes;
    return start;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#buffer.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  i64(): bigint {
    return this.#buffer.readBigInt64LE(this.#take(8));
  }

  f64(): number {
    return this.#buffer.readDoubleLE(this.#take(8));
  }

  u53(): number {
    const start = this.#take(8);
    const value =
      this.#buffer.readUInt32LE(start + 4) * 0x1_0000_0000 + this.#buffer.readUInt32LE(start);
    if (value > SAFE_MAX) throw new DecodeError(`integer above 2^53 at ${start}`);
    return value;
  }

  varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * unit;
      if (value > SAFE_MAX) throw new DecodeError(`integer above 2^53 at ${this.#offset}`);
      if (byte < 0x80) return value;
    }
  }

  boolean(): boolean {
    const value = this.u8();
    if (value > 1) throw new DecodeError(`boolean ${value} at ${this.#offset - 1}`);
    return value === 1;
  }

  /** A view of the input, not a copy. */
  raw(bytes: number): Buffer {
    const start = this.#take(bytes);
    return this.#buffer.subarray(start, start + bytes);
  }

  /** A view of the input, not a copy. */
  bytes(): Buffer {
    return this.raw(this.u32());
  }

  string(): string {
    return this.utf8(this.u32());
  }

  /** UTF-8 of that many bytes. */
  utf8(bytes: number): string {
    const start = this.#take(bytes);
    return this.#buffer.toString('utf8', start, start + bytes);
  }

  /** Every record must be read to its end: rest is a sign of another format. */
  end(): void {
    if (this.remaining !== 0) throw new DecodeError(`${this.remaining} bytes too many`);
  }
}

/** Bytes as the key of a map. */
export function byteKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
