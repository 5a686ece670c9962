// Text from clients: UTF-8, the only encoding that there is, and never repaired silently.
import { isUtf8 } from 'node:buffer';
import { PgError } from '../errors/pg-error.ts';

const NOTHING = Buffer.alloc(0);

/** Longest character, in bytes. */
export const CHARACTER_BYTES_MAX = 4;

/**
 * Throws 22021 for bytes that are no UTF-8, or hold a NUL. `behind`: bytes that follow, which the
 * error may show.
 */
export function decodeText(bytes: Buffer, behind: Buffer = NOTHING): string {
  if (isUtf8(bytes) && !bytes.includes(0)) return bytes.toString('utf8');
  const bad = [...firstInvalid(Buffer.concat([bytes, behind]))].map(
    (byte) => `0x${byte.toString(16).padStart(2, '0')}`,
  );
  throw new PgError('22021', `invalid byte sequence for encoding "UTF8": ${bad.join(' ')}`);
}

/** The first character that is none, as many bytes of it as there are. */
function firstInvalid(bytes: Buffer): Buffer {
  for (let at = 0; ;) {
    const character = bytes.subarray(at, at + lengthOf(bytes[at] as number));
    if (bytes[at] === 0 || !isUtf8(character)) return character;
    at += character.length;
  }
}

/** How many bytes the character has that begins with this one. */
function lengthOf(first: number): number {
  if (first < 0xc0 || first >= 0xf8) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
