// The tree of a regular expression as instructions for the matcher.
import type { Ranges } from './ranges.ts';
import { invalidRegex } from './tree.ts';
import type { Assertion, ParsedRegex, RegexNode } from './tree.ts';

export type Instruction =
  | { readonly kind: 'set'; readonly set: Ranges }
  /** Tries `first` before `second`. */
  | { readonly kind: 'split'; readonly first: number; readonly second: number }
  | { readonly kind: 'jump'; readonly to: number }
  | { readonly kind: 'save'; readonly slot: number }
  | { readonly kind: 'reference'; readonly index: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | {
      readonly kind: 'look';
      readonly program: Program;
      readonly isAhead: boolean;
      readonly isNegated: boolean;
    }
  | { readonly kind: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly groupCount: number;
  readonly hasReferences: boolean;
  readonly isCaseInsensitive: boolean;
  readonly isByLine: boolean;
  /** Which of the matches that start at one place counts (PG: 9.7.3.5). */
  readonly prefersShortest: boolean;
}

const INSTRUCTIONS_MAX = 20_000;

class Assembler {
  readonly #instructions: Instruction[] = [];
  readonly #parsed: ParsedRegex;

  constructor(parsed: ParsedRegex) {
    this.#parsed = parsed;
  }

  assemble(node: RegexNode): readonly Instruction[] {
    this.#add(node);
    this.#push({ kind: 'match' });
    return this.#instructions;
  }

  #push(instruction: Instruction): number {
    if (this.#instructions.length >= INSTRUCTIONS_MAX) {
      throw invalidRegex('regular expression is too complex');
    }
    return this.#instructions.push(instruction) - 1;
  }

  get #next(): number {
    return this.#instructions.length;
  }

  #add(node: RegexNode): void {
    switch (node.kind) {
      case 'sequence':
        node.parts.forEach((part) => this.#add(part));
        return;
      case 'alternatives':
        return this.#addAlternatives(node.parts);
      case 'repeat':
        return this.#addRepeat(node);
      case 'group':
        return this.#addGroup(node.part, node.index);
      case 'look': {
        const { isAhead, isNegated } = node;
        const program = programOf({ ...this.#parsed, node: node.part, groupCount: 0 });
        this.#push({ kind: 'look', program, isAhead, isNegated });
        return;
      }
      default:
        this.#push(node);
    }
  }

  #addAlternatives(parts: readonly RegexNode[]): void {
    const jumps: number[] = [];
    for (const [at, part] of parts.entries()) {
      if (at === parts.length - 1) {
        this.#add(part);
        break;
      }
      const split = this.#push({ kind: 'split', first: 0, second: 0 });
      this.#add(part);
      jumps.push(this.#push({ kind: 'jump', to: 0 }));
      this.#instructions[split] = { kind: 'split', first: split + 1, second: this.#next };
    }
    for (const jump of jumps) this.#instructions[jump] = { kind: 'jump', to: this.#next };
  }

  #addRepeat({ part, min, max, isGreedy }: Extract<RegexNode, { kind: 'repeat' }>): void {
    for (let done = 0; done < min; done++) this.#add(part);
    const choice = (inside: number, outside: number): Instruction =>
      isGreedy
        ? { kind: 'split', first: inside, second: outside }
        : { kind: 'split', first: outside, second: inside };
    if (max === Infinity) {
      const split = this.#push({ kind: 'split', first: 0, second: 0 });
      this.#add(part);
      this.#push({ kind: 'jump', to: split });
      this.#instructions[split] = choice(split + 1, this.#next);
      return;
    }
    const splits: number[] = [];
    for (let done = min; done < max; done++) {
      splits.push(this.#push({ kind: 'split', first: 0, second: 0 }));
      this.#add(part);
    }
    for (const split of splits) this.#instructions[split] = choice(split + 1, this.#next);
  }

  #addGroup(part: RegexNode, index: number | null): void {
    if (index === null) return this.#add(part);
    this.#push({ kind: 'save', slot: 2 * index });
    this.#add(part);
    this.#push({ kind: 'save', slot: 2 * index + 1 });
  }
}

/** Of the first quantified part; alternatives are greedy; null: neither. */
function greediness(node: RegexNode): boolean | null {
  switch (node.kind) {
    case 'alternatives':
      return true;
    case 'repeat':
      return node.isFixed ? greediness(node.part) : node.isGreedy;
    case 'group':
      return greediness(node.part);
    case 'sequence':
      for (const part of node.parts) {
        const found = greediness(part);
        if (found !== null) return found;
      }
      return null;
    default:
      return null;
  }
}

export function programOf(parsed: ParsedRegex): Program {
  const { node, options, groupCount, hasReferences } = parsed;
  return {
    instructions: new Assembler(parsed).assemble(node),
    groupCount,
    hasReferences,
    isCaseInsensitive: options.isCaseInsensitive,
    isByLine: options.isByLine,
    prefersShortest: greediness(node) === false,
  };
}
