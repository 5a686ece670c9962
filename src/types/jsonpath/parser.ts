// Text -> jsonpath (PG: jsonpath_gram.y).
import { PgError } from '../../errors/pg-error.ts';
import { formatDecimal, tryReadDecimal } from '../decimal.ts';
import { syntaxError, tokensOf } from './lexer.ts';
import type { Token } from './lexer.ts';
import { LAST, isPredicate } from './tree.ts';
import type {
  Arithmetic,
  Comparison,
  JsonPath,
  Method,
  PathNode,
  PathRange,
  PathStart,
  PathStep,
} from './tree.ts';

/** Levels, and accessors behind one another: what looks at a path goes as deep. */
const DEPTH_MAX = 400;
const COMPARISONS = ['==', '!=', '<>', '<', '>', '<=', '>='];
const METHODS: readonly string[] = [
  'type',
  'size',
  'abs',
  'floor',
  'ceiling',
  'double',
  'keyvalue',
];
const KEYWORDS: readonly string[] = [
  ...METHODS,
  ...['is', 'to', 'lax', 'last', 'with', 'flag', 'exists', 'starts', 'strict', 'unknown'],
  ...['datetime', 'like_regex'],
];

/** Throws 42601, 22P02, 54001. */
export function parseJsonPath(text: string): JsonPath {
  return new Parser(tokensOf(text)).path(text);
}

function plain(start: PathStart): PathNode {
  return { start, steps: [] };
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #inFilter = 0;
  #inSubscript = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  path(text: string): JsonPath {
    if (this.#isAtEnd) {
      throw new PgError('22P02', `invalid input syntax for type jsonpath: "${text}"`);
    }
    const isStrict = this.#acceptWord('strict');
    if (!isStrict) this.#acceptWord('lax');
    const root = this.#or();
    if (!this.#isAtEnd) throw this.#unexpected();
    return { isStrict, root };
  }

  get #isAtEnd(): boolean {
    return this.#token.kind === 'end';
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #unexpected(): PgError {
    return syntaxError('syntax error', this.#token.text);
  }

  #isSymbol(...symbols: readonly string[]): boolean {
    return this.#token.kind === 'symbol' && symbols.includes(this.#token.text);
  }

  #accept(symbol: string): boolean {
    if (!this.#isSymbol(symbol)) return false;
    this.#at += 1;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) throw this.#unexpected();
  }

  /** The keyword that the word is: null, true and false in lower case only. */
  get #keyword(): string | null {
    if (this.#token.kind !== 'word') return null;
    const { value } = this.#token;
    if (['null', 'true', 'false'].includes(value)) return value;
    const lower = value.toLowerCase();
    return KEYWORDS.includes(lower) ? lower : null;
  }

  #acceptWord(word: string): boolean {
    if (this.#keyword !== word) return false;
    this.#at += 1;
    return true;
  }

  #deeper<T>(parse: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new PgError('54001', 'stack depth limit exceeded');
    const parsed = parse();
    this.#depth -= 1;
    return parsed;
  }

  /** Operators that are one behind the other make the tree deeper on the left. */
  #chain(
    operand: () => PathNode,
    isWanted: () => boolean,
    join: (left: PathNode, operator: string, right: PathNode) => PathStart,
    isPredicateWanted: boolean | null,
  ): PathNode {
    let left = operand();
    const depth = this.#depth;
    while (isWanted()) {
      if (isPredicateWanted !== null && isPredicate(left) !== isPredicateWanted) {
        throw this.#unexpected();
      }
      const operator = this.#token.text;
      this.#at += 1;
      this.#depth += 1;
      if (this.#depth > DEPTH_MAX) throw new PgError('54001', 'stack depth limit exceeded');
      const right = operand();
      if (isPredicateWanted !== null && isPredicate(right) !== isPredicateWanted) {
        throw this.#unexpected();
      }
      left = plain(join(left, operator, right));
    }
    this.#depth = depth;
    return left;
  }

  #or(): PathNode {
    const join = (left: PathNode, _operator: string, right: PathNode): PathStart => ({
      kind: 'or',
      left,
      right,
    });
    return this.#chain(
      () => this.#and(),
      () => this.#isSymbol('||'),
      join,
      true,
    );
  }

  #and(): PathNode {
    const join = (left: PathNode, _operator: string, right: PathNode): PathStart => ({
      kind: 'and',
      left,
      right,
    });
    return this.#chain(
      () => this.#comparison(),
      () => this.#isSymbol('&&'),
      join,
      true,
    );
  }

  #comparison(): PathNode {
    if (this.#accept('!')) return plain({ kind: 'not', argument: this.#delimitedPredicate() });
    const left = this.#sum();
    if (isPredicate(left)) return left;
    if (this.#isSymbol(...COMPARISONS)) {
      const { text } = this.#token;
      const operator = (text === '<>' ? '!=' : text) as Comparison;
      this.#at += 1;
      return plain({ kind: 'comparison', operator, left, right: this.#operand(this.#sum()) });
    }
    if (this.#acceptWord('starts')) {
      if (!this.#acceptWord('with')) throw this.#unexpected();
      const { kind, value } = this.#token;
      if (kind !== 'string' && kind !== 'variable') throw this.#unexpected();
      this.#at += 1;
      const right = plain(kind === 'string' ? { kind, value } : { kind, name: value });
      return plain({ kind: 'starts-with', left, right });
    }
    if (this.#acceptWord('like_regex')) {
      const pattern = this.#string();
      const flags = this.#acceptWord('flag') ? regexFlags(this.#string()) : '';
      return plain({ kind: 'like-regex', argument: left, pattern, flags });
    }
    return left;
  }

  #string(): string {
    const { kind, value } = this.#token;
    if (kind !== 'string') throw this.#unexpected();
    this.#at += 1;
    return value;
  }

  #operand(node: PathNode): PathNode {
    if (isPredicate(node)) throw this.#unexpected();
    return node;
  }

  #delimitedPredicate(): PathNode {
    if (this.#keyword === 'exists') return this.#exists();
    this.#expect('(');
    const predicate = this.#deeper(() => this.#or());
    if (!isPredicate(predicate)) throw this.#unexpected();
    this.#expect(')');
    return predicate;
  }

  #exists(): PathNode {
    this.#at += 1;
    this.#expect('(');
    const argument = this.#operand(this.#deeper(() => this.#or()));
    this.#expect(')');
    return plain({ kind: 'exists', argument });
  }

  #sum(): PathNode {
    const join = (left: PathNode, operator: string, right: PathNode): PathStart => ({
      kind: 'arithmetic',
      operator: operator as Arithmetic,
      left,
      right,
    });
    const product = (): PathNode =>
      this.#chain(
        () => this.#signed(),
        () => this.#isSymbol('*', '/', '%'),
        join,
        false,
      );
    return this.#chain(product, () => this.#isSymbol('+', '-'), join, false);
  }

  #signed(): PathNode {
    if (!this.#isSymbol('+', '-')) return this.#accessors();
    const operator = this.#token.text as '+' | '-';
    this.#at += 1;
    const argument = this.#operand(this.#deeper(() => this.#signed()));
    const { start, steps } = argument;
    if (start.kind !== 'number' || steps.length > 0) {
      return plain({ kind: 'sign', operator, argument });
    }
    if (operator === '+') return argument;
    const isZero = !/[1-9]/.test(start.text);
    const text = start.text.startsWith('-') ? start.text.slice(1) : `-${start.text}`;
    return plain({ kind: 'number', text: isZero ? start.text : text });
  }

  #accessors(): PathNode {
    const first = this.#primary();
    const steps: PathStep[] = [];
    for (let step = this.#step(); step !== null; step = this.#step()) {
      steps.push(step);
      if (steps.length > DEPTH_MAX) throw new PgError('54001', 'stack depth limit exceeded');
    }
    if (steps.length === 0) return first;
    // Something in parentheses with accessors of its own inside goes on with those outside.
    return { start: first.start, steps: [...first.steps, ...steps] };
  }

  #primary(): PathNode {
    const token = this.#token;
    if (token.kind === 'symbol' && token.text === '(') return this.#parenthesized();
    if (this.#keyword === 'exists') return this.#exists();
    this.#at += 1;
    switch (token.kind) {
      case 'string':
        return plain({ kind: 'string', value: token.value });
      case 'variable':
        return plain({ kind: 'variable', name: token.value });
      case 'integer':
      case 'number':
        return plain({ kind: 'number', text: numberText(token.text) });
      case 'symbol':
        if (token.text === '$') return plain({ kind: 'root' });
        if (token.text === '@') {
          if (this.#inFilter > 0) return plain({ kind: 'current' });
          throw new PgError('42601', '@ is not allowed in root expressions');
        }
        break;
      default:
    }
    this.#at -= 1;
    const word = this.#keyword;
    this.#at += 1;
    if (word === 'null') return plain({ kind: 'null' });
    if (word === 'true' || word === 'false') {
      return plain({ kind: 'boolean', value: word === 'true' });
    }
    if (word === 'last') {
      if (this.#inSubscript > 0) return plain({ kind: 'last' });
      throw new PgError('42601', 'LAST is allowed only in array subscripts');
    }
    this.#at -= 1;
    throw this.#unexpected();
  }

  #parenthesized(): PathNode {
    this.#expect('(');
    const inside = this.#deeper(() => this.#or());
    this.#expect(')');
    if (!isPredicate(inside) || !this.#acceptWord('is')) return inside;
    if (!this.#acceptWord('unknown')) throw this.#unexpected();
    return plain({ kind: 'is-unknown', argument: inside });
  }

  #step(): PathStep | null {
    if (this.#accept('[')) return this.#subscript();
    if (this.#accept('?')) {
      this.#expect('(');
      this.#inFilter += 1;
      const condition = this.#deeper(() => this.#or());
      this.#inFilter -= 1;
      if (!isPredicate(condition)) throw this.#unexpected();
      this.#expect(')');
      return { kind: 'filter', condition };
    }
    if (!this.#accept('.')) return null;
    if (this.#accept('*')) return { kind: 'any-key' };
    if (this.#accept('**')) return this.#levels();
    const { kind, value } = this.#token;
    const word = this.#keyword;
    if (kind !== 'word' && kind !== 'string') throw this.#unexpected();
    this.#at += 1;
    if (kind === 'string' || !this.#isSymbol('(')) return { kind: 'key', name: value };
    if (word === 'datetime')
      throw new PgError('0A000', 'datetime() in a jsonpath is not supported');
    if (word === null || !METHODS.includes(word)) throw this.#unexpected();
    this.#expect('(');
    this.#expect(')');
    return { kind: 'method', name: word as Method };
  }

  #levels(): PathStep {
    if (!this.#accept('{')) return { kind: 'levels', first: 0, last: LAST };
    const first = this.#level();
    const last = this.#acceptWord('to') ? this.#level() : first;
    this.#expect('}');
    return { kind: 'levels', first, last };
  }

  #level(): number {
    if (this.#acceptWord('last')) return LAST;
    const { kind, text } = this.#token;
    if (kind !== 'integer') throw this.#unexpected();
    this.#at += 1;
    return Number(text);
  }

  #subscript(): PathStep {
    if (this.#accept('*')) {
      this.#expect(']');
      return { kind: 'any-element' };
    }
    const ranges: PathRange[] = [];
    this.#inSubscript += 1;
    do {
      const from = this.#operand(this.#deeper(() => this.#or()));
      const isRange = this.#acceptWord('to');
      const to = isRange ? this.#operand(this.#deeper(() => this.#or())) : null;
      ranges.push({ from, to });
    } while (this.#accept(','));
    this.#inSubscript -= 1;
    this.#expect(']');
    return { kind: 'elements', ranges };
  }
}

function numberText(text: string): string {
  const decimal = tryReadDecimal(text);
  if (decimal === null) throw syntaxError('syntax error', text);
  return formatDecimal(decimal);
}

const FLAGS = 'ismxq';

function regexFlags(text: string): string {
  for (const flag of text) {
    if (FLAGS.includes(flag)) continue;
    throw new PgError('42601', 'invalid input syntax for type jsonpath', {
      detail: `Unrecognized flag character "${flag}" in LIKE_REGEX predicate.`,
    });
  }
  if (text.includes('x') && !text.includes('q')) {
    throw new PgError('0A000', 'XQuery "x" flag (expanded regular expressions) is not implemented');
  }
  return [...FLAGS].filter((flag) => text.includes(flag)).join('');
}
