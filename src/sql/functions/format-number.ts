// to_char() of numbers (PG: NUM_processor() and NUM_numpart_to_char() in formatting.c, step by step:
// what comes out where signs, spaces and zeros meet is defined by nothing else).
import { formatDecimal, isSpecial, parseDecimal, round } from '../../types/decimal.ts';
import type { Decimal } from '../../types/decimal.ts';
import { ordinal } from './format-moment.ts';
import type { NumberTemplate } from './number-template.ts';

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'M'],
  [900, 'CM'],
  [500, 'D'],
  [400, 'CD'],
  [100, 'C'],
  [90, 'XC'],
  [50, 'L'],
  [40, 'XL'],
  [10, 'X'],
  [9, 'IX'],
  [5, 'V'],
  [4, 'IV'],
  [1, 'I'],
];
const ROMAN_WIDTH = 15;

/** A canonical numeric. */
export function formatNumber(text: string, template: NumberTemplate): string {
  if (template.isRoman) return romanOnly(text, template);
  if (template.isScientific) return scientific(text, template);
  const shifted = shiftedBy(text, template.shift);
  const digits = isSpecial(text) ? text : formatDecimal(round(shifted, template.behind));
  const isNegative = digits.startsWith('-');
  const number = isNegative ? digits.slice(1) : digits;
  const before = template.before + template.shift;
  const point = number.indexOf('.');
  const length = point < 0 ? number.length : point;
  if (length <= before) {
    return new NumberWriter(number, isNegative, before, before - length, template).write();
  }
  // It does not fit.
  const marks = '#'.repeat(before);
  const behind = '#'.repeat(template.behind);
  return new NumberWriter(`${marks}.${behind}`, isNegative, before, 0, template).write();
}

function shiftedBy(text: string, places: number): Decimal {
  if (isSpecial(text)) return { unscaled: 0n, scale: 0 };
  const { unscaled, scale } = parseDecimal(text);
  if (scale >= places) return { unscaled, scale: scale - places };
  return { unscaled: unscaled * 10n ** BigInt(places - scale), scale: 0 };
}

/** As numeric_out_sci() writes it, with a place for the sign. */
function scientific(text: string, { before, behind: digits }: NumberTemplate): string {
  if (isSpecial(text)) return ` ${'#'.repeat(before)}.${'#'.repeat(digits + 4)}`;
  const { unscaled, scale } = parseDecimal(text);
  const isNegative = unscaled < 0n;
  const all = (isNegative ? -unscaled : unscaled).toString();
  const exponent = unscaled === 0n ? 0 : all.length - 1 - scale;
  const rounded = round(
    { unscaled: BigInt(all), scale: unscaled === 0n ? 0 : all.length - 1 },
    digits,
  );
  // 9.999 to two places is 10.00: Postgres leaves it at that.
  const shown = formatDecimal(rounded);
  const sign = exponent < 0 ? '-' : '+';
  return `${isNegative ? '-' : ' '}${shown}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function romanOnly(text: string, { parts, isFilled }: NumberTemplate): string {
  const value = isSpecial(text) ? 0 : Number(round(parseDecimal(text), 0).unscaled);
  const roman = value > 3999 || value < 1 ? '#'.repeat(ROMAN_WIDTH) : romanOf(value);
  const shown = isFilled ? roman : roman.padStart(ROMAN_WIDTH);
  return parts
    .map(({ code, text: written }) => {
      if (code === 'RN') return shown;
      if (code === 'rn') return shown.toLowerCase();
      return code === null ? written : '';
    })
    .join('');
}

function romanOf(value: number): string {
  let rest = value;
  let text = '';
  for (const [unit, letters] of ROMAN) {
    for (; rest >= unit; rest -= unit) text += letters;
  }
  return text;
}

/** Where the last digit behind the point that is no zero is, or the point; -1: no point. */
function lastRelevant(number: string): number {
  const point = number.indexOf('.');
  if (point < 0) return -1;
  let found = point;
  for (let at = point + 1; at < number.length; at++) if (number[at] !== '0') found = at;
  return found;
}

class NumberWriter {
  readonly #number: string;
  readonly #isNegative: boolean;
  readonly #spaces: number;
  readonly #template: NumberTemplate;
  readonly #isBracketed: boolean;
  readonly #last: number;
  #count: number;
  #isSignWritten: boolean;
  /** A digit has been written just now. */
  #isInNumber = false;
  #position = 0;
  #at = 0;
  #out = '';

  constructor(
    number: string,
    isNegative: boolean,
    before: number,
    spaces: number,
    template: NumberTemplate,
  ) {
    const { isFilled, hasMinus, hasPlus, hasPoint, sign, behind, zeroEnd } = template;
    this.#number = number;
    this.#isNegative = isNegative;
    this.#spaces = spaces;
    this.#template = template;
    this.#isBracketed = template.isBracketed && (isNegative || !isFilled);
    if (hasPlus || hasMinus) this.#isSignWritten = hasMinus;
    else this.#isSignWritten = !isNegative && isFilled && sign === null;
    this.#count = behind + before - 1;
    let last = -1;
    if (isFilled && hasPoint) {
      last = lastRelevant(number);
      if (last >= 0 && zeroEnd > spaces) {
        last = Math.max(last, Math.min(number.length - 1, zeroEnd - spaces));
      }
    }
    this.#last = last;
    if (!this.#isSignWritten && spaces === 0) this.#count += 1;
  }

  write(): string {
    const { parts, isFilled, hasPoint } = this.#template;
    for (const { code, text } of parts) {
      switch (code) {
        case null:
          this.#out += text;
          break;
        case '9':
        case '0':
        case '.':
        case 'D':
          this.#digit(code === '0');
          break;
        case ',':
        case 'G':
          if (this.#isInNumber) this.#out += ',';
          else if (!isFilled) this.#out += ' ';
          break;
        case 'L':
          this.#out += ' ';
          break;
        case 'th':
        case 'TH':
          if (!this.#number.startsWith('#') && !this.#isNegative && !hasPoint) {
            this.#out += ordinal(this.#number, code);
          }
          break;
        case 'MI':
          if (this.#isNegative) this.#out += '-';
          else if (!isFilled) this.#out += ' ';
          break;
        case 'PL':
          if (!this.#isNegative) this.#out += '+';
          else if (!isFilled) this.#out += ' ';
          break;
        case 'SG':
          this.#out += this.#isNegative ? '-' : '+';
          break;
        default:
      }
    }
    return this.#out;
  }

  /** '0.1' in 9.9 is ' .1'. */
  get #isSpaceBeforePoint(): boolean {
    const { hasZero, behind } = this.#template;
    return !hasZero && this.#at === 0 && this.#number.startsWith('0') && behind !== 0;
  }

  get #endsAtPoint(): boolean {
    return this.#last >= 0 && this.#number[this.#last] === '.';
  }

  #digit(isZero: boolean): void {
    const { hasZero, zeroStart, isFilled, hasPoint, sign } = this.#template;
    this.#isInNumber = false;
    const isNumberHere =
      this.#position >= this.#spaces || (hasZero && zeroStart === this.#position);
    if (!this.#isSignWritten && isNumberHere && (!this.#isSpaceBeforePoint || this.#endsAtPoint)) {
      this.#writeSign();
    }
    const isInPadding = this.#position < this.#spaces;
    if (isInPadding && (zeroStart > this.#position || !hasZero)) {
      if (!isFilled) this.#out += ' ';
    } else if (isInPadding) {
      this.#out += '0';
      this.#isInNumber = true;
    } else this.#writeDigit(isZero);
    const atLast = this.#last >= 0 && this.#last === this.#at;
    const end = this.#count + (this.#spaces > 0 ? 1 : 0) + (hasPoint ? 1 : 0);
    if (this.#position + 1 === (atLast ? this.#position : end)) {
      if (this.#isSignWritten && this.#isBracketed) this.#out += this.#isNegative ? '>' : ' ';
      else if (sign === 'behind') this.#out += this.#isNegative ? '-' : '+';
    }
    this.#position += 1;
  }

  #writeSign(): void {
    const { sign, isFilled } = this.#template;
    if (sign !== null) {
      if (sign === 'behind') return;
      this.#out += this.#isNegative ? '-' : '+';
    } else if (this.#isBracketed) this.#out += this.#isNegative ? '<' : ' ';
    else if (this.#isNegative) this.#out += '-';
    else if (!isFilled) this.#out += ' ';
    this.#isSignWritten = true;
  }

  #writeDigit(isZero: boolean): void {
    const { isFilled } = this.#template;
    const next = this.#number[this.#at];
    if (next === '.') this.#out += '.';
    else if (this.#last >= 0 && this.#at > this.#last && !isZero) {
      // Zeros at the end are not shown.
    } else if (this.#isSpaceBeforePoint) {
      if (!isFilled) this.#out += ' ';
      else if (this.#endsAtPoint) this.#out += '0';
    } else if (next !== undefined) {
      this.#out += next;
      this.#isInNumber = true;
    }
    if (next !== undefined) this.#at += 1;
  }
}
