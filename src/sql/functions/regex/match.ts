// Runs a program over a text: every pair of instruction and position is visited once, so that the
// time is bounded by the product of their lengths. Patterns with back references cannot be matched
// so, and get a number of steps instead.
import { PgError } from '../../../errors/pg-error.ts';
import type { Program } from './program.ts';
import type { Ranges } from './ranges.ts';
import type { Assertion } from './tree.ts';

/** Positions of the whole match and of the groups, in code points; -1: not matched. */
export type Match = readonly number[];

const VISITS_MAX = 2 ** 28;
const STEPS_MAX = 10_000_000;
const STEPS_PER_WORK = 8;
const STEPS_BETWEEN_REPORTS = 1024;
/** Of a buffer that is made or cleared. */
const BYTES_PER_WORK = 1024;
/** Searches that one byte can tell apart before the buffer must be cleared. */
const SEARCHES_MAX = 255;

function tooLong(): PgError {
  return new PgError('54000', 'matching this regular expression takes too long');
}

function isIn({ ranges, isNegated }: Ranges, code: number): boolean {
  for (const [first, last] of ranges) if (code >= first && code <= last) return !isNegated;
  return isNegated;
}

function isWord(code: number | undefined): boolean {
  if (code === undefined) return false;
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    code === 95 ||
    (code >= 97 && code <= 122)
  );
}

function folded(code: number | undefined): number | undefined {
  return code !== undefined && code >= 65 && code <= 90 ? code + 32 : code;
}

/** Which ends of a match to accept. */
type Wanted = 'any' | 'longest' | 'shortest' | number;

export class Matcher {
  readonly #program: Program;
  readonly #text: readonly number[];
  /** Counts the work, and may throw (CallContext.spend). */
  readonly #spend: (work: number) => void;
  #steps = 0;
  /** For each pair of instruction and position the search that came by last; null: none yet. */
  #visited: Uint8Array | null = null;
  #search = 0;
  /** For what is looked at ahead and behind. */
  readonly #inside = new Map<Program, Matcher>();

  constructor(program: Program, text: readonly number[], spend: (work: number) => void) {
    this.#program = program;
    this.#text = text;
    this.#spend = spend;
    if (program.instructions.length * (text.length + 1) > VISITS_MAX) throw tooLong();
  }

  /** Is there any match? */
  test(): boolean {
    const visited = this.#newSearch();
    for (let start = 0; start <= this.#text.length; start++) {
      if (this.#run(start, 'any', visited, null) !== null) return true;
    }
    return false;
  }

  /** The first match that starts at `from` or behind it. */
  match(from: number): Match | null {
    const { prefersShortest, groupCount } = this.#program;
    const visited = this.#newSearch();
    for (let start = from; start <= this.#text.length; start++) {
      const end = this.#run(start, prefersShortest ? 'shortest' : 'longest', visited, null);
      if (end === null) continue;
      const slots = new Array<number>(2 * groupCount + 2).fill(-1);
      slots[0] = start;
      slots[1] = end;
      if (groupCount > 0) this.#run(start, end, this.#newSearch(), slots);
      return slots;
    }
    return null;
  }

  /** Does it match from `start` on, up to `end` if that is given? */
  matchesAt(start: number, end: number | 'any'): boolean {
    return this.#run(start, end, this.#newSearch(), null) !== null;
  }

  /** Where nothing counts as visited. It ends the search before. */
  #newSearch(): Uint8Array | null {
    const { instructions, hasReferences } = this.#program;
    if (hasReferences) return null;
    const bytes = instructions.length * (this.#text.length + 1);
    this.#search += 1;
    if (this.#visited === null || this.#search > SEARCHES_MAX) {
      this.#spend(bytes / BYTES_PER_WORK);
      this.#search = 1;
      if (this.#visited === null) this.#visited = new Uint8Array(bytes);
      else this.#visited.fill(0);
    }
    return this.#visited;
  }

  /**
   * The wanted end of a match from `start`, or null. What was visited before without a match need
   * not be visited again. `slots` gets the places of the groups.
   */
  #run(
    start: number,
    wanted: Wanted,
    visited: Uint8Array | null,
    slots: number[] | null,
  ): number | null {
    const { instructions, hasReferences } = this.#program;
    const text = this.#text;
    const width = text.length + 1;
    // Places to go on from; a negative one sets a slot back to what it was.
    const stack: number[] = [0, start];
    const groups = slots ?? (hasReferences ? this.#noGroups() : null);
    let best: number | null = null;
    while (stack.length > 0) {
      let at = stack.pop() as number;
      let pc = stack.pop() as number;
      if (pc < 0) {
        if (groups !== null) groups[-pc - 1] = at;
        continue;
      }
      for (;;) {
        this.#step();
        if (visited === null) {
          if (this.#steps > STEPS_MAX) throw tooLong();
        } else {
          const visit = pc * width + at;
          if (visited[visit] === this.#search) break;
          visited[visit] = this.#search;
        }
        const instruction = instructions[pc] as (typeof instructions)[number];
        if (instruction.kind === 'match') {
          if (wanted === 'any' || wanted === at) return at;
          if (wanted === 'longest') best = best === null ? at : Math.max(best, at);
          else if (wanted === 'shortest') best = best === null ? at : Math.min(best, at);
          break;
        }
        if (instruction.kind === 'set') {
          const code = text[at];
          if (code === undefined || !isIn(instruction.set, code)) break;
          at += 1;
          pc += 1;
        } else if (instruction.kind === 'split') {
          stack.push(instruction.second, at);
          pc = instruction.first;
        } else if (instruction.kind === 'jump') pc = instruction.to;
        else if (instruction.kind === 'save') {
          if (groups !== null) {
            stack.push(-instruction.slot - 1, groups[instruction.slot] ?? -1);
            groups[instruction.slot] = at;
          }
          pc += 1;
        } else if (instruction.kind === 'assertion') {
          if (!this.#holds(instruction.assertion, at)) break;
          pc += 1;
        } else if (instruction.kind === 'look') {
          const { program, isAhead, isNegated } = instruction;
          if (this.#looks(program, isAhead, at) === isNegated) break;
          pc += 1;
        } else {
          const end = this.#repeated(groups ?? [], instruction.index, at);
          if (end === null) break;
          at = end;
          pc += 1;
        }
      }
    }
    return best;
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps % STEPS_BETWEEN_REPORTS === 0) {
      this.#spend(STEPS_BETWEEN_REPORTS / STEPS_PER_WORK);
    }
  }

  #noGroups(): number[] {
    return new Array<number>(2 * this.#program.groupCount + 2).fill(-1);
  }

  #holds(assertion: Assertion, at: number): boolean {
    const text = this.#text;
    const [before, after] = [isWord(text[at - 1]), isWord(text[at])];
    const { isByLine } = this.#program;
    switch (assertion) {
      case 'line-start':
        return at === 0 || (isByLine && text[at - 1] === 10);
      case 'line-end':
        return at === text.length || (isByLine && text[at] === 10);
      case 'text-start':
        return at === 0;
      case 'text-end':
        return at === text.length;
      case 'word-start':
        return !before && after;
      case 'word-end':
        return before && !after;
      case 'word-edge':
        return before !== after;
      case 'no-word-edge':
        return before === after;
      default:
        return assertion satisfies never;
    }
  }

  #looks(program: Program, isAhead: boolean, at: number): boolean {
    let inside = this.#inside.get(program);
    if (inside === undefined) {
      inside = new Matcher(program, this.#text, this.#spend);
      this.#inside.set(program, inside);
    }
    if (isAhead) return inside.matchesAt(at, 'any');
    for (let start = at; start >= 0; start--) {
      this.#step();
      if (inside.matchesAt(start, at)) return true;
    }
    return false;
  }

  /** Where the text of a group ends if it stands here once more, or null. */
  #repeated(groups: readonly number[], index: number, at: number): number | null {
    const [start = -1, end = -1] = groups.slice(2 * index, 2 * index + 2);
    if (start < 0 || end < 0) return null;
    const { isCaseInsensitive } = this.#program;
    for (let offset = 0; offset < end - start; offset++) {
      const [a, b] = [this.#text[start + offset], this.#text[at + offset]];
      const isSame = isCaseInsensitive ? folded(a) === folded(b) : a === b;
      if (!isSame) return null;
    }
    return at + end - start;
  }
}
