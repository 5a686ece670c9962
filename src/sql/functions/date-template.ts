// Templates of to_char(), to_timestamp() and to_date() (PG: 9.8 Data Type Formatting Functions,
// parse_format() in formatting.c): codes with their modifiers, and text between them.
import { checkTemplate } from './bounds.ts';

export interface Code {
  readonly kind: 'code';
  /** In upper case: MONTH. */
  readonly name: string;
  /** As it was written: Month. */
  readonly written: string;
  /** FM: without padding; TM is the same here, where names are English. */
  readonly isFilled: boolean;
  readonly ordinal: 'TH' | 'th' | null;
}

export interface Literal {
  readonly kind: 'space' | 'separator' | 'character';
  readonly text: string;
}

export type TemplatePart = Code | Literal;

/** Longer ones first. Each is there in upper and in lower case, names also capitalized. */
const NAMES =
  'Y,YYY A.D. A.M. B.C. P.M. MONTH SSSSS HH24 HH12 IDDD IYYY SSSS YYYY DAY DDD FF1 FF2 FF3 FF4 FF5 FF6 IYY MON TZH TZM YYY AD AM BC CC DD DY FX HH ID IW IY MI MM MS OF PM RM SS TZ US WW YY D I J Q W Y'.split(
    ' ',
  );
const CAPITALIZED = ['Month', 'Mon', 'Day', 'Dy'];
const DIGITLESS = 'MONTH MON DAY DY A.D. A.M. B.C. P.M. AD AM BC PM RM FX OF TZ'.split(' ');

function codeAt(template: string, at: number): string | null {
  const capitalized = CAPITALIZED.find((name) => template.startsWith(name, at));
  const found = NAMES.find(
    (name) => template.startsWith(name, at) || template.startsWith(name.toLowerCase(), at),
  );
  if (capitalized !== undefined && (found ?? '').length <= capitalized.length) return capitalized;
  return found === undefined ? null : template.slice(at, at + found.length);
}

export function isDigitCode({ name }: Code): boolean {
  return !DIGITLESS.includes(name);
}

function literal(text: string): Literal {
  if (/[ \t\n\v\f\r]/.test(text)) return { kind: 'space', text };
  return { kind: /[!-/:-@[-`{-~]/.test(text) ? 'separator' : 'character', text };
}

export function parseDateTemplate(template: string): readonly TemplatePart[] {
  checkTemplate(template);
  const parts: TemplatePart[] = [];
  let at = 0;
  while (at < template.length) {
    if (template[at] === '"') {
      at = quoted(template, at + 1, parts);
      continue;
    }
    const prefix = /^(?:FM|fm|TM|tm)/.exec(template.slice(at, at + 2))?.[0] ?? '';
    const written = codeAt(template, at + prefix.length);
    if (written === null) {
      if (prefix !== '') {
        // Postgres skips a modifier of nothing.
        at += prefix.length;
        if (at >= template.length) break;
      }
      if (template[at] === '\\' && template[at + 1] === '"') at += 1;
      const text = String.fromCodePoint(template.codePointAt(at) ?? 0);
      parts.push(literal(text));
      at += text.length;
      continue;
    }
    at += prefix.length + written.length;
    const suffix = /^(?:TH|th|SP)/.exec(template.slice(at, at + 2))?.[0] ?? '';
    at += suffix.length;
    parts.push({
      kind: 'code',
      name: written.toUpperCase(),
      written,
      isFilled: prefix !== '',
      ordinal: suffix === '' || suffix === 'SP' ? null : (suffix as 'TH' | 'th'),
    });
  }
  return parts;
}

/** The place after the quotation mark at the end. */
function quoted(template: string, start: number, parts: TemplatePart[]): number {
  let at = start;
  while (at < template.length && template[at] !== '"') {
    if (template[at] === '\\' && at + 1 < template.length) at += 1;
    const text = String.fromCodePoint(template.codePointAt(at) ?? 0);
    parts.push({ kind: 'character', text });
    at += text.length;
  }
  return at + 1;
}
