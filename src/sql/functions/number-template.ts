// Templates of to_char() and to_number() for numbers (PG: 9.8, NUMDesc_prepare() in formatting.c).
import { PgError } from '../../errors/pg-error.ts';
import { checkTemplate } from './bounds.ts';

export type NumberCode =
  | '9' | '0' | '.' | ',' | 'B' | 'C' | 'D' | 'EEEE' | 'FM' | 'G' | 'L' | 'MI' | 'PL' | 'PR'
  | 'RN' | 'rn' | 'S' | 'SG' | 'SP' | 'TH' | 'th' | 'V'; // prettier-ignore

export interface NumberPart {
  /** null: text as it is. */
  readonly code: NumberCode | null;
  readonly text: string;
}

export interface NumberTemplate {
  readonly parts: readonly NumberPart[];
  /** Digits before and behind the point. */
  readonly before: number;
  readonly behind: number;
  /** Digits that V shifts the number by. */
  readonly shift: number;
  /** There is a V. */
  readonly isShifted: boolean;
  readonly hasPoint: boolean;
  readonly isFilled: boolean;
  readonly hasZero: boolean;
  /** Which of the digits before the point is the first with a 0, counted from 0; and the last of all. */
  readonly zeroStart: number;
  readonly zeroEnd: number;
  /** S: before the number, or behind it. */
  readonly sign: 'before' | 'behind' | null;
  readonly hasMinus: boolean;
  readonly hasPlus: boolean;
  readonly isBracketed: boolean;
  readonly isRoman: boolean;
  readonly isScientific: boolean;
}

const CODES = 'EEEE FM MI PL PR RN SG SP TH , . 0 9 B C D G L S V'.split(' ');

function wrong(message: string, detail?: string): PgError {
  return new PgError('42601', message, { detail });
}

function partsOf(template: string): readonly NumberPart[] {
  const parts: NumberPart[] = [];
  let at = 0;
  const character = (): void => {
    const text = String.fromCodePoint(template.codePointAt(at) ?? 0);
    parts.push({ code: null, text });
    at += text.length;
  };
  while (at < template.length) {
    if (template[at] === '"') {
      at += 1;
      while (at < template.length && template[at] !== '"') {
        if (template[at] === '\\' && at + 1 < template.length) at += 1;
        character();
      }
      at += 1;
      continue;
    }
    const found = CODES.find(
      (code) => template.startsWith(code, at) || template.startsWith(code.toLowerCase(), at),
    );
    if (found === undefined) {
      if (template[at] === '\\' && template[at + 1] === '"') at += 1;
      character();
      continue;
    }
    const text = template.slice(at, at + found.length);
    const keepsCase = found === 'RN' || found === 'TH';
    parts.push({ code: (keepsCase ? text : found) as NumberCode, text });
    at += found.length;
  }
  return parts;
}

/** Throws 42601. */
export function parseNumberTemplate(template: string): NumberTemplate {
  checkTemplate(template);
  const parts = partsOf(template);
  const found = {
    before: 0,
    behind: 0,
    shift: 0,
    hasPoint: false,
    isFilled: false,
    hasZero: false,
    zeroStart: 0,
    zeroEnd: 0,
    sign: null as NumberTemplate['sign'],
    signAt: 0,
    hasMinus: false,
    hasPlus: false,
    isBracketed: false,
    isRoman: false,
    isScientific: false,
    isShifted: false,
    isBlank: false,
  };
  const refuseSign = (name: string): void => {
    if (found.sign !== null) throw wrong(`cannot use "S" and "${name}" together`);
  };
  for (const { code } of parts) {
    if (code === null) continue;
    if (found.isScientific && code !== 'EEEE') throw wrong('"EEEE" must be the last pattern used');
    switch (code) {
      case '9':
        if (found.isBracketed) throw wrong('"9" must be ahead of "PR"');
        if (found.isShifted) found.shift += 1;
        else if (found.hasPoint) found.behind += 1;
        else found.before += 1;
        break;
      case '0':
        if (found.isBracketed) throw wrong('"0" must be ahead of "PR"');
        if (!found.hasZero && !found.hasPoint) {
          found.hasZero = true;
          found.zeroStart = found.before;
        }
        if (found.hasPoint) found.behind += 1;
        else found.before += 1;
        found.zeroEnd = found.before + found.behind;
        break;
      case 'B':
        if (found.before === 0 && found.behind === 0 && !found.hasZero) found.isBlank = true;
        break;
      case 'D':
      case '.':
        if (found.hasPoint) throw wrong('multiple decimal points');
        if (found.isShifted) throw wrong('cannot use "V" and decimal point together');
        found.hasPoint = true;
        break;
      case 'FM':
        found.isFilled = true;
        break;
      case 'S':
        if (found.sign !== null) throw wrong('cannot use "S" twice');
        if (found.hasPlus || found.hasMinus || found.isBracketed) {
          throw wrong('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
        }
        found.sign = found.hasPoint ? 'behind' : 'before';
        found.signAt = found.before;
        break;
      case 'MI':
        refuseSign('MI');
        found.hasMinus = true;
        break;
      case 'PL':
        refuseSign('PL');
        found.hasPlus = true;
        break;
      case 'SG':
        refuseSign('SG');
        found.hasMinus = true;
        found.hasPlus = true;
        break;
      case 'PR':
        if (found.sign !== null || found.hasPlus || found.hasMinus) {
          throw wrong('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
        }
        found.isBracketed = true;
        break;
      case 'RN':
      case 'rn':
        found.isRoman = true;
        break;
      case 'V':
        if (found.hasPoint) throw wrong('cannot use "V" and decimal point together');
        found.isShifted = true;
        break;
      case 'EEEE':
        if (found.isScientific) throw wrong('cannot use "EEEE" twice');
        if (
          found.isBlank ||
          found.isFilled ||
          found.sign !== null ||
          found.isBracketed ||
          found.hasMinus ||
          found.hasPlus ||
          found.isRoman ||
          found.isShifted
        ) {
          throw wrong(
            '"EEEE" is incompatible with other formats',
            '"EEEE" may only be used together with digit and decimal point patterns.',
          );
        }
        found.isScientific = true;
        break;
      default:
    }
  }
  // A sign behind all digits before the point goes to the end.
  const isAtEnd = found.sign === 'before' && found.signAt === found.before;
  return { ...found, parts, sign: isAtEnd ? 'behind' : found.sign };
}
