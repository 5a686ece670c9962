// The hash that Postgres has for bytes (Bob Jenkins' lookup3, 2006, public domain): clients make
// keys of advisory locks with hashtext().

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

type Words = [number, number, number];

function mix([a0, b0, c0]: Words): Words {
  let [a, b, c] = [a0, b0, c0];
  a = ((a - c) | 0) ^ rotated(c, 4);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotated(a, 6);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotated(b, 8);
  b = (b + a) | 0;
  a = ((a - c) | 0) ^ rotated(c, 16);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotated(a, 19);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotated(b, 4);
  b = (b + a) | 0;
  return [a, b, c];
}

function final([a0, b0, c0]: Words): number {
  let [a, b, c] = [a0, b0, c0];
  c = ((c ^ b) - rotated(b, 14)) | 0;
  a = ((a ^ c) - rotated(c, 11)) | 0;
  b = ((b ^ a) - rotated(a, 25)) | 0;
  c = ((c ^ b) - rotated(b, 16)) | 0;
  a = ((a ^ c) - rotated(c, 4)) | 0;
  b = ((b ^ a) - rotated(a, 14)) | 0;
  c = ((c ^ b) - rotated(b, 24)) | 0;
  return c;
}

/** Without a sign. */
export function hashBytes(bytes: Uint8Array): number {
  const start = (0x9e3779b9 + bytes.length + 3_923_095) | 0;
  let words: Words = [start, start, start];
  const word = (at: number): number =>
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24);
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    const [a, b, c] = words;
    words = mix([(a + word(at)) | 0, (b + word(at + 4)) | 0, (c + word(at + 8)) | 0]);
  }
  const [a, b, c] = words;
  // The lowest byte of the last word is left for the length.
  const last =
    ((bytes[at + 8] ?? 0) << 8) | ((bytes[at + 9] ?? 0) << 16) | ((bytes[at + 10] ?? 0) << 24);
  return final([(a + word(at)) | 0, (b + word(at + 4)) | 0, (c + last) | 0]) >>> 0;
}
