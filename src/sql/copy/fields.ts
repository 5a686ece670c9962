// A line of COPY FROM -> the texts of its fields, null for NULL (PG: CopyReadAttributesText,
// CopyReadAttributesCSV).
import { PgError } from '../../errors/pg-error.ts';
import type { CopyOptions } from './options.ts';
import { decodeText } from '../../types/utf8.ts';

export type Fields = (string | null)[];

/** `isPlain`: the line holds no backslash. */
export function textFields(line: string, isPlain: boolean, options: CopyOptions): Fields {
  const { delimiter, nullText } = options;
  const raw = isPlain ? line.split(delimiter) : splitEscaped(line, delimiter);
  const fields: Fields = raw;
  for (const [at, field] of raw.entries()) {
    // What stands for NULL is looked for before backslashes mean anything.
    if (field === nullText) fields[at] = null;
    else if (!isPlain && field.includes('\\')) fields[at] = unescape(field);
  }
  return fields;
}

function splitEscaped(line: string, delimiter: string): string[] {
  const found: string[] = [];
  let start = 0;
  let at = 0;
  while (at < line.length) {
    const character = line[at];
    if (character === '\\') {
      at += 2;
      continue;
    }
    if (character === delimiter) {
      found.push(line.slice(start, at));
      start = at + 1;
    }
    at += 1;
  }
  // A backslash with nothing behind it is dropped.
  found.push(line.slice(start, at > line.length ? -1 : undefined));
  return found;
}

const ESCAPE = /\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[^])/g;
const CONTROL: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A character code is a byte: those beyond ASCII are parts of UTF-8. */
function unescape(field: string): string {
  let hasBytes = false;
  const decode = (_match: string, escape: string): string => {
    const control = CONTROL[escape];
    if (control !== undefined) return control;
    const code = escapeCode(escape);
    if (code === null) return escape;
    if (code === 0 || code >= 0x80) hasBytes = true;
    return String.fromCharCode(code);
  };
  const text = field.replace(ESCAPE, decode);
  if (!hasBytes) return text;
  const bytes = Buffer.from(field).toString('latin1').replace(ESCAPE, decode);
  return decodeText(Buffer.from(bytes, 'latin1'));
}

function escapeCode(escape: string): number | null {
  if (escape.length > 1 && escape.startsWith('x')) return parseInt(escape.slice(1), 16);
  return /^[0-7]+$/.test(escape) ? parseInt(escape, 8) & 0xff : null;
}

/** `isPlain`: the line holds no quote. Throws PgError without a context. */
export function csvFields(line: string, isPlain: boolean, options: CopyOptions): Fields {
  const { delimiter, nullText } = options;
  if (!isPlain) return quotedFields(line, options);
  const fields: Fields = line.split(delimiter);
  for (const [at, field] of fields.entries()) if (field === nullText) fields[at] = null;
  return fields;
}

function quotedFields(line: string, { delimiter, nullText, quote, escape }: CopyOptions): Fields {
  const fields: Fields = [];
  let at = 0;
  for (;;) {
    const start = at;
    let text = '';
    let wasQuoted = false;
    while (at < line.length && line[at] !== delimiter) {
      if (line[at] !== quote) {
        text += line[at++];
        continue;
      }
      wasQuoted = true;
      at += 1;
      for (;;) {
        const character = line[at];
        if (character === undefined) throw new PgError('22P04', 'unterminated CSV quoted field');
        const next = line[at + 1];
        at += 1;
        if (character === escape && (next === escape || next === quote)) {
          text += next;
          at += 1;
        } else if (character === quote) break;
        else text += character;
      }
    }
    fields.push(!wasQuoted && line.slice(start, at) === nullText ? null : text);
    if (at >= line.length) return fields;
    at += 1;
  }
}
