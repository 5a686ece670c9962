// Whether a text has a match of a regular expression: all ways through the expression at once,
// character by character, so that no expression and no text takes exponential time.
import type { CallContext } from './signature.ts';
import { isIn, isWord, parseRegex, regexError } from './regex-parser.ts';
import type { Anchor, Ranges, RegexNode } from './regex-parser.ts';

type Instruction =
  | { readonly kind: 'characters'; readonly ranges: Ranges; readonly isNegated: boolean }
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  /** Goes on at all of these. */
  | { readonly kind: 'fork'; readonly to: number[] }
  | { readonly kind: 'match' };

export interface Regex {
  readonly program: readonly Instruction[];
  readonly isCaseInsensitive: boolean;
}

const INSTRUCTIONS_MAX = 20_000;
/** Instructions that take about as long as a unit of work. */
const INSTRUCTIONS_PER_WORK = 8;

/** Throws PgError. */
export function compileRegex(pattern: string, isCaseInsensitive: boolean): Regex {
  const parsed = parseRegex(pattern, isCaseInsensitive);
  const program: Instruction[] = [];
  write(program, parsed.node);
  program.push({ kind: 'match' });
  return { program, isCaseInsensitive: parsed.isCaseInsensitive };
}

function write(program: Instruction[], node: RegexNode): void {
  if (program.length > INSTRUCTIONS_MAX) throw regexError('regular expression is too complex');
  switch (node.kind) {
    case 'characters':
    case 'anchor':
      program.push(node);
      return;
    case 'sequence':
      for (const part of node.parts) write(program, part);
      return;
    case 'choice':
      return writeChoice(program, node.parts);
    case 'repeat':
      return writeRepeat(program, node);
  }
}

function writeChoice(program: Instruction[], parts: readonly RegexNode[]): void {
  const starts: number[] = [];
  const ends: { readonly kind: 'fork'; readonly to: number[] }[] = [];
  program.push({ kind: 'fork', to: starts });
  for (const part of parts) {
    starts.push(program.length);
    write(program, part);
    const end = { kind: 'fork', to: [] as number[] } as const;
    ends.push(end);
    program.push(end);
  }
  for (const end of ends) end.to.push(program.length);
}

function writeRepeat(
  program: Instruction[],
  { part, min, max }: Extract<RegexNode, { kind: 'repeat' }>,
): void {
  for (let count = 0; count < min; count++) write(program, part);
  if (max === null) {
    const start = program.length;
    const exits = [start + 1];
    program.push({ kind: 'fork', to: exits });
    write(program, part);
    program.push({ kind: 'fork', to: [start] });
    exits.push(program.length);
    return;
  }
  const skips: number[][] = [];
  for (let count = min; count < max; count++) {
    const to = [program.length + 1];
    skips.push(to);
    program.push({ kind: 'fork', to });
    write(program, part);
  }
  for (const to of skips) to.push(program.length);
}

const NOTHING = -1;

/** Throws PgError if it is too much work. */
export function hasMatch(regex: Regex, text: string, context: Pick<CallContext, 'spend'>): boolean {
  const { program } = regex;
  let current = new States(program.length);
  let next = new States(program.length);
  let before = NOTHING;
  for (let at = 0; ;) {
    const code = at < text.length ? (text.codePointAt(at) as number) : NOTHING;
    // A match may start at every place.
    current.add(0);
    if (follow(program, current, before, code)) return true;
    context.spend(current.size / INSTRUCTIONS_PER_WORK);
    if (code === NOTHING) return false;
    for (let index = 0; index < current.size; index++) {
      const instruction = program[current.list[index] as number] as Instruction;
      if (instruction.kind === 'characters' && takes(regex, instruction, code)) {
        next.add((current.list[index] as number) + 1);
      }
    }
    [current, next] = [next, current];
    next.clear();
    before = code;
    at += code > 0xffff ? 2 : 1;
  }
}

/** Adds what the states lead to without a character; true: a match. */
function follow(
  program: readonly Instruction[],
  states: States,
  before: number,
  after: number,
): boolean {
  for (let index = 0; index < states.size; index++) {
    const state = states.list[index] as number;
    const instruction = program[state] as Instruction;
    if (instruction.kind === 'match') return true;
    if (instruction.kind === 'fork') for (const target of instruction.to) states.add(target);
    if (instruction.kind === 'anchor' && holds(instruction.anchor, before, after)) {
      states.add(state + 1);
    }
  }
  return false;
}

function holds(anchor: Anchor, before: number, after: number): boolean {
  const [isAfterWord, isBeforeWord] = [isWord(before), isWord(after)];
  switch (anchor) {
    case 'start':
      return before === NOTHING;
    case 'end':
      return after === NOTHING;
    case 'word-start':
      return !isAfterWord && isBeforeWord;
    case 'word-end':
      return isAfterWord && !isBeforeWord;
    case 'word-edge':
      return isAfterWord !== isBeforeWord;
    case 'no-word-edge':
      return isAfterWord === isBeforeWord;
  }
}

function takes(
  { isCaseInsensitive }: Regex,
  { ranges, isNegated }: Extract<Instruction, { kind: 'characters' }>,
  code: number,
): boolean {
  const isFound = isIn(ranges, code) || (isCaseInsensitive && isIn(ranges, otherCase(code)));
  return isFound !== isNegated;
}

/** Of a letter of ASCII; 32 is what its cases differ in. */
function otherCase(code: number): number {
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter ? code ^ 32 : code;
}

/** A set of places in the program, in the order in which they came. */
class States {
  readonly list: Int32Array;
  readonly #isIn: Uint8Array;
  size = 0;

  constructor(count: number) {
    this.list = new Int32Array(count);
    this.#isIn = new Uint8Array(count);
  }

  add(state: number): void {
    if (this.#isIn[state] === 1) return;
    this.#isIn[state] = 1;
    this.list[this.size++] = state;
  }

  clear(): void {
    for (let index = 0; index < this.size; index++) this.#isIn[this.list[index] as number] = 0;
    this.size = 0;
  }
}
