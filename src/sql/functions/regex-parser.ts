// Postgres' advanced regular expressions (PG: 9.7.3) -> a tree. Characters are code points; classes
// and cases are those of ASCII, as in the C collation.
import { PgError } from '../../errors/pg-error.ts';

/** Inclusive ranges of code points. */
export type Ranges = readonly (readonly [number, number])[];

export type Anchor = 'start' | 'end' | 'word-start' | 'word-end' | 'word-edge' | 'no-word-edge';

export type RegexNode =
  | { readonly kind: 'characters'; readonly ranges: Ranges; readonly isNegated: boolean }
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly RegexNode[] }
  /** `max` null: any number of times. */
  | {
      readonly kind: 'repeat';
      readonly part: RegexNode;
      readonly min: number;
      readonly max: number | null;
    };

export interface ParsedRegex {
  readonly node: RegexNode;
  readonly isCaseInsensitive: boolean;
}

const REPEAT_MAX = 255;
const DEPTH_MAX = 500;
const LAST = 0x10ffff;

const DIGITS: Ranges = [[48, 57]];
const UPPER: Ranges = [[65, 90]];
const LOWER: Ranges = [[97, 122]];
const ALPHA: Ranges = [...UPPER, ...LOWER];
const SPACE: Ranges = [
  [9, 13],
  [32, 32],
];
const WORD: Ranges = [...ALPHA, ...DIGITS, [95, 95]];
const CLASSES: Readonly<Record<string, Ranges>> = {
  alnum: [...ALPHA, ...DIGITS],
  alpha: ALPHA,
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: DIGITS,
  graph: [[33, 126]],
  lower: LOWER,
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: SPACE,
  upper: UPPER,
  word: WORD,
  xdigit: [...DIGITS, [65, 70], [97, 102]],
};
const CLASS_ESCAPES: Readonly<Record<string, Ranges>> = { d: DIGITS, s: SPACE, w: WORD };
const ANCHOR_ESCAPES: Readonly<Record<string, Anchor>> = {
  A: 'start',
  Z: 'end',
  m: 'word-start',
  M: 'word-end',
  y: 'word-edge',
  Y: 'no-word-edge',
};
const CHARACTER_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  B: 92,
  e: 27,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

export function regexError(reason: string): PgError {
  return new PgError('2201B', `invalid regular expression: ${reason}`);
}

function notSupported(what: string): PgError {
  return new PgError('0A000', `${what} in a regular expression is not supported`);
}

export function isWord(code: number): boolean {
  return code < 128 && isIn(WORD, code);
}

export function isIn(ranges: Ranges, code: number): boolean {
  return ranges.some(([low, high]) => code >= low && code <= high);
}

function complement(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let next = 0;
  for (const [low, high] of [...ranges].sort(([a], [b]) => a - b)) {
    if (low > next) result.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= LAST) result.push([next, LAST]);
  return result;
}

/** Throws PgError 2201B, and 0A000 for what would not take linear time. */
export function parseRegex(pattern: string, isCaseInsensitive: boolean): ParsedRegex {
  return new RegexParser(pattern, isCaseInsensitive).parse();
}

class RegexParser {
  readonly #text: readonly string[];
  #at = 0;
  #isCaseInsensitive: boolean;
  #isLiteral = false;
  #depth = 0;

  constructor(pattern: string, isCaseInsensitive: boolean) {
    this.#text = [...pattern];
    this.#isCaseInsensitive = isCaseInsensitive;
  }

  parse(): ParsedRegex {
    this.#directives();
    const node = this.#isLiteral ? this.#literal() : this.#choice();
    if (this.#at < this.#text.length) throw regexError('parentheses () not balanced');
    return { node, isCaseInsensitive: this.#isCaseInsensitive };
  }

  #take(text: string): boolean {
    for (const [offset, character] of [...text].entries()) {
      if (this.#text[this.#at + offset] !== character) return false;
    }
    this.#at += [...text].length;
    return true;
  }

  /** `***=`, `***:` and `(?i)` at the start. */
  #directives(): void {
    if (this.#take('***=')) this.#isLiteral = true;
    else if (this.#take('***:') || !this.#take('***')) this.#options();
    else throw regexError('invalid regexp (reg version 0.8)');
  }

  #options(): void {
    const next = this.#text[this.#at + 2];
    if (this.#text[this.#at] !== '(' || this.#text[this.#at + 1] !== '?') return;
    if (next === undefined || !/[A-Za-z]/.test(next)) return;
    this.#at += 2;
    for (;;) {
      const option = this.#text[this.#at++];
      if (option === ')') return;
      if (option === 'i') this.#isCaseInsensitive = true;
      else if (option === 'c') this.#isCaseInsensitive = false;
      else if (option === 'q') this.#isLiteral = true;
      else if (option !== undefined && 'bemnpwx'.includes(option)) {
        throw notSupported(`option ${option}`);
      } else if (option !== 's' && option !== 't') throw regexError('invalid embedded option');
    }
  }

  #literal(): RegexNode {
    const parts = this.#text.slice(this.#at).map((character) => single(character));
    this.#at = this.#text.length;
    return { kind: 'sequence', parts };
  }

  #choice(): RegexNode {
    if (++this.#depth > DEPTH_MAX) throw regexError('regular expression is too complex');
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth -= 1;
    return parts.length === 1 ? (parts[0] as RegexNode) : { kind: 'choice', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      const next = this.#text[this.#at];
      if (next === undefined || next === '|' || (next === ')' && this.#depth > 1)) break;
      if (next === ')') throw regexError('parentheses () not balanced');
      const atom = this.#atom(next);
      parts.push(this.#quantified(atom));
    }
    return { kind: 'sequence', parts };
  }

  #atom(next: string): RegexNode {
    this.#at += 1;
    switch (next) {
      case '(':
        return this.#group();
      case '[':
        return this.#bracket();
      case '.':
        return { kind: 'characters', ranges: [], isNegated: true };
      case '^':
        return { kind: 'anchor', anchor: 'start' };
      case '$':
        return { kind: 'anchor', anchor: 'end' };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw regexError('quantifier operand invalid');
      case '{':
        if (this.#isDigit()) throw regexError('quantifier operand invalid');
        return single(next);
      default:
        return single(next);
    }
  }

  #group(): RegexNode {
    if (this.#take('?') && !this.#take(':')) {
      if (/[=!<]/.test(this.#text[this.#at] ?? '')) throw notSupported('a lookaround constraint');
      throw regexError('quantifier operand invalid');
    }
    const node = this.#choice();
    if (!this.#take(')')) throw regexError('parentheses () not balanced');
    return node;
  }

  #isDigit(): boolean {
    return /^[0-9]$/.test(this.#text[this.#at] ?? '');
  }

  #quantified(part: RegexNode): RegexNode {
    const bounds = this.#quantifier();
    if (bounds === null) return part;
    if (part.kind === 'anchor') throw regexError('quantifier operand invalid');
    const [min, max] = bounds;
    // Whether it takes few or many does not matter for whether there is a match.
    this.#take('?');
    if (this.#quantifier() !== null) throw regexError('quantifier operand invalid');
    return { kind: 'repeat', part, min, max };
  }

  #quantifier(): readonly [min: number, max: number | null] | null {
    if (this.#take('*')) return [0, null];
    if (this.#take('+')) return [1, null];
    if (this.#take('?')) return [0, 1];
    if (this.#text[this.#at] !== '{' || !/^[0-9]$/.test(this.#text[this.#at + 1] ?? ''))
      return null;
    this.#at += 1;
    const min = this.#number();
    const max = this.#take(',') ? (this.#isDigit() ? this.#number() : null) : min;
    if (!this.#take('}')) throw regexError('braces {} not balanced');
    if (min > REPEAT_MAX || (max !== null && (max > REPEAT_MAX || max < min))) {
      throw regexError('invalid repetition count(s)');
    }
    return [min, max];
  }

  #number(): number {
    let digits = '';
    while (this.#isDigit()) digits += this.#text[this.#at++];
    return Number(digits);
  }

  #escape(): RegexNode {
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw regexError('invalid escape \\ sequence');
    const anchor = ANCHOR_ESCAPES[letter];
    if (anchor !== undefined) return { kind: 'anchor', anchor };
    const ranges = CLASS_ESCAPES[letter.toLowerCase()];
    if (ranges !== undefined) {
      return { kind: 'characters', ranges, isNegated: letter !== letter.toLowerCase() };
    }
    if (/[1-9]/.test(letter)) throw notSupported('a back reference');
    const code = this.#escapedCode(letter);
    return { kind: 'characters', ranges: [[code, code]], isNegated: false };
  }

  #escapedCode(letter: string): number {
    const known = CHARACTER_ESCAPES[letter];
    if (known !== undefined) return known;
    switch (letter) {
      case 'u':
        return this.#hex(4, 4);
      case 'U':
        return this.#hex(8, 8);
      case 'x':
        return this.#hex(1, 255);
      case 'c': {
        const control = this.#text[this.#at++]?.codePointAt(0);
        if (control === undefined) throw regexError('invalid escape \\ sequence');
        return control & 31;
      }
      case '0': {
        let code = 0;
        for (let count = 0; count < 2 && /^[0-7]$/.test(this.#text[this.#at] ?? ''); count++) {
          code = code * 8 + Number(this.#text[this.#at++]);
        }
        return code;
      }
      default:
        if (/[A-Za-z0-9]/.test(letter)) throw regexError('invalid escape \\ sequence');
        return letter.codePointAt(0) as number;
    }
  }

  #hex(min: number, max: number): number {
    let digits = '';
    while (digits.length < max && /^[0-9a-fA-F]$/.test(this.#text[this.#at] ?? '')) {
      digits += this.#text[this.#at++];
    }
    const code = parseInt(digits, 16);
    if (digits.length < min || code > LAST) throw regexError('invalid escape \\ sequence');
    return code;
  }

  /** After the opening bracket. */
  #bracket(): RegexNode {
    if (this.#take('[:<:]]')) return { kind: 'anchor', anchor: 'word-start' };
    if (this.#take('[:>:]]')) return { kind: 'anchor', anchor: 'word-end' };
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || this.#text[this.#at] !== ']'; isFirst = false) {
      const low = this.#bracketItem();
      if (typeof low !== 'number') {
        if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']') {
          throw regexError('invalid character range');
        }
        ranges.push(...low);
        continue;
      }
      const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
      if (isRange) this.#at += 1;
      const high = isRange ? this.#bracketItem() : low;
      if (typeof high !== 'number' || high < low) throw regexError('invalid character range');
      ranges.push([low, high]);
    }
    this.#at += 1;
    return { kind: 'characters', ranges, isNegated };
  }

  /** A character by its code, or the characters of a class. */
  #bracketItem(): number | Ranges {
    if (this.#take('[:')) {
      const ranges = CLASSES[this.#named(':')];
      if (ranges === undefined) throw regexError('invalid character class');
      return ranges;
    }
    const mark = ['.', '='].find((candidate) => this.#take(`[${candidate}`));
    if (mark !== undefined) {
      const [character, ...more] = [...this.#named(mark)];
      if (character === undefined || more.length > 0) {
        throw regexError('invalid collating element');
      }
      return character.codePointAt(0) as number;
    }
    const character = this.#text[this.#at++];
    if (character === undefined) throw regexError('brackets [] not balanced');
    if (character !== '\\') return character.codePointAt(0) as number;
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw regexError('invalid escape \\ sequence');
    const ranges = CLASS_ESCAPES[letter.toLowerCase()];
    if (ranges === undefined) {
      if (/[AZmMyY1-9]/.test(letter)) throw regexError('invalid escape \\ sequence');
      return this.#escapedCode(letter);
    }
    return letter === letter.toLowerCase() ? ranges : complement(ranges);
  }

  /** The name up to `:]`. */
  #named(mark: string): string {
    let name = '';
    while (this.#at < this.#text.length) {
      if (this.#take(`${mark}]`)) return name;
      name += this.#text[this.#at++];
    }
    throw regexError('brackets [] not balanced');
  }
}

function single(character: string): RegexNode {
  const code = character.codePointAt(0) as number;
  return { kind: 'characters', ranges: [[code, code]], isNegated: false };
}
