// Where names and words are in the bytes of a statement that the parser has taken. The tree tells where
// things begin; this tells where they end.
import { notSupported } from '../../errors/pg-error.ts';

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const DOT = 0x2e;
const AMPERSAND = 0x26;

function isSpace(byte: number | undefined): boolean {
  return byte !== undefined && (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

function isWord(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const isLetter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  return (
    isLetter || (byte >= 0x30 && byte <= 0x39) || byte === 0x5f || byte === 0x24 || byte >= 0x80
  );
}

/** Behind spaces and comments. */
function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    while (isSpace(bytes[at])) at += 1;
    const two = bytes.toString('latin1', at, at + 2);
    if (two === '--') {
      const end = bytes.indexOf('\n', at);
      at = end === -1 ? bytes.length : end;
    } else if (two === '/*') at = commentEnd(bytes, at);
    else return at;
  }
}

/** Comments nest. */
function commentEnd(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const two = bytes.toString('latin1', at, at + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return bytes.length;
}

/** Behind a quoted name or text; a doubled quote is part of it. */
function quotedEnd(bytes: Buffer, from: number): number {
  const quote = bytes[from];
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] !== quote) continue;
    if (bytes[at + 1] !== quote) return at + 1;
    at += 1;
  }
  return bytes.length;
}

function wordEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (isWord(bytes[at])) at += 1;
  return at;
}

/** Behind the name, with its schema and so on, that begins here. */
export function nameEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    at = bytes[at] === QUOTE ? quotedEnd(bytes, at) : wordEnd(bytes, at);
    if (bytes[at] === AMPERSAND) throw notSupported('a name with Unicode escapes here');
    const next = skipSpace(bytes, at);
    if (bytes[next] !== DOT) return at;
    at = skipSpace(bytes, next + 1);
  }
}

/** Where the word, in lower case, stands next, outside of quotes, comments and parentheses. */
export function wordAt(bytes: Buffer, from: number, word: string): number | null {
  let depth = 0;
  for (let at = skipSpace(bytes, from); at < bytes.length; at = skipSpace(bytes, at)) {
    const byte = bytes[at];
    if (byte === QUOTE || byte === APOSTROPHE) {
      at = quotedEnd(bytes, at);
      continue;
    }
    const end = wordEnd(bytes, at);
    if (end > at) {
      if (depth === 0 && bytes.toString('latin1', at, end).toLowerCase() === word) return at;
      at = end;
      continue;
    }
    if (byte === 0x28) depth += 1;
    if (byte === 0x29) depth -= 1;
    at += 1;
  }
  return null;
}
