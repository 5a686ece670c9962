// Bytes that came and were not used yet, in one piece. However small the pieces are that they come
// in, each byte is moved a few times at most.

const INITIAL_BYTES = 16 * 1024;

export class InputBuffer {
  bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  /** What is used stands before `start`; nothing stands behind `end`. */
  start = 0;
  end = 0;

  /** How far the bytes that were there have moved to the front. */
  push(added: Uint8Array): number {
    const moved = this.end + added.length > this.bytes.length ? this.#makeRoom(added.length) : 0;
    this.bytes.set(added, this.end);
    this.end += added.length;
    return moved;
  }

  #makeRoom(count: number): number {
    const moved = this.start;
    const kept = this.end - moved;
    // In the same place only if half of it is free then.
    const isRoomy = (kept + count) * 2 <= this.bytes.length;
    const target = isRoomy ? this.bytes : Buffer.allocUnsafe((kept + count) * 2);
    this.bytes.copy(target, 0, moved, this.end);
    this.bytes = target;
    this.start = 0;
    this.end = kept;
    return moved;
  }

  get length(): number {
    return this.end - this.start;
  }
}
