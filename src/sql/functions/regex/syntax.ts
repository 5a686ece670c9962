// Postgres' regular expressions (PG: 9.7.3 POSIX Regular Expressions, advanced ones) -> a tree. An
// engine of our own: JavaScript's takes exponential time for some patterns, prefers the first
// alternative to the longest one, and differs between versions. Letters are those of ASCII, as in
// the C locale.
import { withOption } from './options.ts';
import type { RegexOptions } from './options.ts';
import { CLASSES, complement, inBothCases, one } from './ranges.ts';
import type { Range, Ranges } from './ranges.ts';
import { invalidRegex } from './tree.ts';
import type { Assertion, ParsedRegex, RegexNode } from './tree.ts';

const REPEAT_MAX = 255;
const NEWLINE = 10;

const CLASS_ESCAPES: Readonly<Record<string, string>> = { d: 'digit', w: 'word', s: 'space' };
const ASSERTION_ESCAPES: Readonly<Record<string, Assertion>> = {
  A: 'text-start',
  Z: 'text-end',
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

class RegexParser {
  readonly #text: string[];
  readonly #options: RegexOptions;
  #at: number;
  #groupCount = 0;
  readonly #closed = new Set<number>();
  hasReferences = false;

  constructor(text: readonly string[], at: number, options: RegexOptions) {
    this.#text = [...text];
    this.#at = at;
    this.#options = options;
  }

  get groupCount(): number {
    return this.#groupCount;
  }

  #peek(ahead = 0): string | undefined {
    return this.#text[this.#at + ahead];
  }

  #take(expected: string): boolean {
    if (this.#text.slice(this.#at, this.#at + expected.length).join('') !== expected) return false;
    this.#at += expected.length;
    return true;
  }

  whole(): RegexNode {
    const node = this.#alternatives();
    if (this.#at < this.#text.length) throw invalidRegex('parentheses () not balanced');
    return node;
  }

  #alternatives(): RegexNode {
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] as RegexNode) : { kind: 'alternatives', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      this.#skipExpanded();
      const next = this.#peek();
      if (next === undefined || next === '|' || next === ')') return { kind: 'sequence', parts };
      parts.push(this.#quantified());
    }
  }

  /** White space and comments of the expanded syntax, and `(?#...)`. */
  #skipExpanded(): void {
    for (;;) {
      if (this.#take('(?#')) {
        while (this.#peek() !== undefined && this.#peek() !== ')') this.#at += 1;
        this.#at += 1;
      } else if (this.#options.isExpanded && /^\s$/.test(this.#peek() ?? '')) this.#at += 1;
      else if (this.#options.isExpanded && this.#peek() === '#') {
        while (this.#peek() !== undefined && this.#peek() !== '\n') this.#at += 1;
      } else return;
    }
  }

  #quantified(): RegexNode {
    const part = this.#atom();
    this.#skipExpanded();
    const bounds = this.#bounds();
    if (bounds === null) return part;
    if (part.kind === 'assertion' || part.kind === 'look') {
      throw invalidRegex('quantifier operand invalid');
    }
    const isGreedy = !this.#take('?');
    this.#skipExpanded();
    if (this.#isQuantifier()) throw invalidRegex('quantifier operand invalid');
    const [min, max, isFixed] = bounds;
    return { kind: 'repeat', part, min, max, isGreedy, isFixed };
  }

  #isQuantifier(): boolean {
    const next = this.#peek() ?? '';
    if (next === '') return false;
    return '*+?'.includes(next) || (next === '{' && /^\d$/.test(this.#peek(1) ?? ''));
  }

  #bounds(): readonly [min: number, max: number, isFixed: boolean] | null {
    if (this.#take('*')) return [0, Infinity, false];
    if (this.#take('+')) return [1, Infinity, false];
    if (this.#take('?')) return [0, 1, false];
    if (this.#peek() !== '{' || !/^\d$/.test(this.#peek(1) ?? '')) return null;
    this.#at += 1;
    const min = this.#number();
    let max = min;
    const isFixed = this.#peek() !== ',';
    if (this.#take(',')) max = this.#peek() === '}' ? Infinity : this.#number();
    if (!this.#take('}')) throw invalidRegex('braces {} not balanced');
    if (min > REPEAT_MAX || (max !== Infinity && max > REPEAT_MAX) || max < min) {
      throw invalidRegex('invalid repetition count(s)');
    }
    return [min, max, isFixed];
  }

  #number(): number {
    let digits = '';
    while (/^\d$/.test(this.#peek() ?? '')) digits += this.#text[this.#at++];
    if (digits === '') throw invalidRegex('invalid repetition count(s)');
    return Number(digits);
  }

  #atom(): RegexNode {
    const next = this.#text[this.#at++] as string;
    switch (next) {
      case '(':
        return this.#group();
      case '[':
        return this.#bracket();
      case '.':
        return { kind: 'set', set: { ranges: this.#newlines(), isNegated: true } };
      case '^':
        return { kind: 'assertion', assertion: 'line-start' };
      case '$':
        return { kind: 'assertion', assertion: 'line-end' };
      case '*':
      case '+':
      case '?':
        throw invalidRegex('quantifier operand invalid');
      case '{':
        if (/^\d$/.test(this.#peek() ?? '')) throw invalidRegex('quantifier operand invalid');
        return this.#character(123);
      case '\\':
        return this.#escape();
      default:
        return this.#character(next.codePointAt(0) as number);
    }
  }

  #newlines(): readonly Range[] {
    return this.#options.isNewlineKept ? [[NEWLINE, NEWLINE]] : [];
  }

  #character(code: number): RegexNode {
    return { kind: 'set', set: this.#folded(one(code)) };
  }

  #folded(set: Ranges): Ranges {
    return this.#options.isCaseInsensitive ? inBothCases(set) : set;
  }

  #group(): RegexNode {
    const look = this.#look();
    if (look !== null) return look;
    const isCaptured = !this.#take('?:');
    if (isCaptured && this.#peek() === '?') throw invalidRegex('quantifier operand invalid');
    const index = isCaptured ? (this.#groupCount += 1) : null;
    const part = this.#alternatives();
    if (!this.#take(')')) throw invalidRegex('parentheses () not balanced');
    if (index !== null) this.#closed.add(index);
    return { kind: 'group', part, index };
  }

  #look(): RegexNode | null {
    for (const start of ['?=', '?!', '?<=', '?<!']) {
      if (!this.#take(start)) continue;
      const before = this.#groupCount;
      const part = this.#alternatives();
      if (!this.#take(')')) throw invalidRegex('parentheses () not balanced');
      // What a constraint holds is never captured.
      this.#groupCount = before;
      const [isAhead, isNegated] = [!start.includes('<'), start.endsWith('!')];
      return { kind: 'look', part: uncaptured(part), isAhead, isNegated };
    }
    return null;
  }

  #escape(): RegexNode {
    const next = this.#text[this.#at++];
    if (next === undefined) throw invalidRegex('invalid escape \\ sequence');
    const assertion = ASSERTION_ESCAPES[next];
    if (assertion !== undefined) return { kind: 'assertion', assertion };
    const className = CLASS_ESCAPES[next.toLowerCase()];
    if (className !== undefined) {
      const isNegated = next !== next.toLowerCase();
      const ranges = CLASSES[className] ?? [];
      return {
        kind: 'set',
        set: { ranges: isNegated ? [...ranges, ...this.#newlines()] : ranges, isNegated },
      };
    }
    if (/^[1-9]$/.test(next)) return this.#reference(next);
    return this.#character(this.#escapedCharacter(next));
  }

  /** More digits belong to it only if there are so many groups. */
  #reference(first: string): RegexNode {
    let index = Number(first);
    const second = this.#peek() ?? '';
    if (/^\d$/.test(second) && index * 10 + Number(second) <= this.#groupCount) {
      index = index * 10 + Number(second);
      this.#at += 1;
    }
    if (!this.#closed.has(index)) throw invalidRegex('invalid backreference number');
    this.hasReferences = true;
    return { kind: 'reference', index };
  }

  #escapedCharacter(letter: string): number {
    const known = CHARACTER_ESCAPES[letter];
    if (known !== undefined) return known;
    if (letter === 'c') return ((this.#text[this.#at++] ?? '@').codePointAt(0) as number) & 31;
    if (letter === 'u') return this.#hexadecimal(4, 4);
    if (letter === 'U') return this.#hexadecimal(8, 8);
    if (letter === 'x') return this.#hexadecimal(1, 255);
    if (letter === '0') return this.#octal();
    if (/^[A-Za-z0-9]$/.test(letter)) throw invalidRegex('invalid escape \\ sequence');
    return letter.codePointAt(0) as number;
  }

  #hexadecimal(least: number, most: number): number {
    let digits = '';
    while (digits.length < most && /^[0-9a-fA-F]$/.test(this.#peek() ?? '')) {
      digits += this.#text[this.#at++];
    }
    const code = Number.parseInt(digits, 16);
    if (digits.length < least || code > 0x10ffff) throw invalidRegex('invalid escape \\ sequence');
    return code;
  }

  #octal(): number {
    let digits = '';
    while (digits.length < 2 && /^[0-7]$/.test(this.#peek() ?? '')) {
      digits += this.#text[this.#at++];
    }
    return Number.parseInt(`0${digits}`, 8);
  }

  #bracket(): RegexNode {
    if (this.#take('[:<:]]')) return { kind: 'assertion', assertion: 'word-start' };
    if (this.#take('[:>:]]')) return { kind: 'assertion', assertion: 'word-end' };
    const isNegated = this.#take('^');
    const ranges: Range[] = [];
    for (let isFirst = true; ; isFirst = false) {
      const next = this.#peek();
      if (next === undefined) throw invalidRegex('brackets [] not balanced');
      if (next === ']' && !isFirst) break;
      ranges.push(...this.#bracketItem());
    }
    this.#at += 1;
    const set = this.#folded({ ranges, isNegated });
    return {
      kind: 'set',
      set: isNegated ? { ...set, ranges: [...set.ranges, ...this.#newlines()] } : set,
    };
  }

  #bracketItem(): readonly Range[] {
    if (this.#take('[:')) return this.#className();
    if (this.#peek() === '\\') {
      const letter = this.#peek(1) ?? '';
      const className = CLASS_ESCAPES[letter.toLowerCase()];
      if (className !== undefined) {
        this.#at += 2;
        const ranges = CLASSES[className] ?? [];
        return letter === letter.toLowerCase() ? ranges : complement(ranges);
      }
    }
    const first = this.#bracketCharacter();
    if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === undefined) {
      return [[first, first]];
    }
    this.#at += 1;
    if (this.#peek() === '\\' && CLASS_ESCAPES[(this.#peek(1) ?? '').toLowerCase()] !== undefined) {
      throw invalidRegex('invalid character range');
    }
    const last = this.#bracketCharacter();
    if (last < first) throw invalidRegex('invalid character range');
    return [[first, last]];
  }

  #className(): readonly Range[] {
    let name = '';
    while (this.#peek() !== undefined && this.#peek() !== ':') name += this.#text[this.#at++];
    if (!this.#take(':]')) throw invalidRegex('brackets [] not balanced');
    const found = CLASSES[name];
    if (found === undefined) throw invalidRegex('invalid character class');
    const isLetter = name === 'upper' || name === 'lower';
    return this.#options.isCaseInsensitive && isLetter ? (CLASSES['alpha'] ?? []) : found;
  }

  #bracketCharacter(): number {
    for (const [start, end] of [
      ['[.', '.]'],
      ['[=', '=]'],
    ] as const) {
      if (!this.#take(start)) continue;
      const character = this.#text[this.#at++];
      if (character === undefined || !this.#take(end)) {
        throw invalidRegex('invalid collating element');
      }
      return character.codePointAt(0) as number;
    }
    const next = this.#text[this.#at++];
    if (next === undefined) throw invalidRegex('brackets [] not balanced');
    if (next !== '\\') return next.codePointAt(0) as number;
    const escaped = this.#text[this.#at++];
    if (escaped === undefined) throw invalidRegex('invalid escape \\ sequence');
    return this.#escapedCharacter(escaped);
  }
}

function uncaptured(node: RegexNode): RegexNode {
  switch (node.kind) {
    case 'group':
      return { ...node, index: null, part: uncaptured(node.part) };
    case 'sequence':
    case 'alternatives':
      return { ...node, parts: node.parts.map(uncaptured) };
    case 'repeat':
    case 'look':
      return { ...node, part: uncaptured(node.part) };
    default:
      return node;
  }
}

/** Throws 2201B. */
export function parseRegex(pattern: string, given: RegexOptions): ParsedRegex {
  let options = given;
  const text = [...pattern];
  let at = 0;
  if (pattern.startsWith('***=')) {
    options = { ...options, isLiteral: true };
    at = 4;
  } else if (pattern.startsWith('***:')) at = 4;
  else if (pattern.startsWith('***')) throw invalidRegex('quantifier operand invalid');
  const embedded = /^\(\?([a-z]+)\)/.exec(text.slice(at).join(''));
  if (embedded !== null && !options.isLiteral) {
    at += embedded[0].length;
    for (const letter of embedded[1] ?? '') {
      const changed = withOption(options, letter);
      if (changed === null) throw invalidRegex('invalid embedded option');
      options = changed;
    }
  }
  const parser = options.isLiteral
    ? new RegexParser(escaped(text.slice(at)), 0, options)
    : new RegexParser(text, at, options);
  const node = parser.whole();
  const { groupCount, hasReferences } = parser;
  return { node, options, groupCount, hasReferences };
}

function escaped(text: readonly string[]): readonly string[] {
  return text.flatMap((character) =>
    /^[A-Za-z0-9]$/.test(character) || (character.codePointAt(0) as number) > 127
      ? [character]
      : ['\\', character],
  );
}
