// What a jsonpath finds in a JSON value (PG: jsonpath_exec.c). Values come one by one, so that who needs
// one alone stops there. Each step counts as work.
import { PgError } from '../../../errors/pg-error.ts';
import type { SqlState } from '../../../errors/sqlstate.ts';
import type { JsonValue } from '../../../types/json-text.ts';
import { LAST } from '../../../types/jsonpath/tree.ts';
import type {
  Arithmetic,
  JsonPath,
  Method,
  PathNode,
  PathStart,
  PathStep,
} from '../../../types/jsonpath/tree.ts';
import { compileRegex, matchesRegex } from '../regex/regex.ts';
import {
  calculate,
  compareNumbers,
  doubleOf,
  indexOf,
  isDouble,
  negated,
  rounded,
} from './numbers.ts';

/** An error of the value, not of the path: silent calls pass over it, predicates are unknown by it. */
export class JsonPathError extends PgError {}

/** null: unknown. */
type Truth = boolean | null;
type Values = Iterable<JsonValue>;

export interface PathWorld {
  readonly root: JsonValue;
  readonly variables: ReadonlyMap<string, JsonValue>;
  readonly spend: (work: number) => void;
}

/** Where a node is looked at. */
interface Place {
  readonly current: JsonValue;
  /** Of the innermost array of subscripts: what `last` is. */
  readonly last: number;
  /** In strict mode too, what is not there is passed over: below `**`. */
  readonly isForgiving: boolean;
}

const STEP_WORK = 2;
/** Texts are compared, and members passed by. */
const CHARACTERS_PER_WORK = 32;
const MEMBERS_PER_WORK = 16;

export function valuesOf(path: JsonPath, world: PathWorld): Values {
  const place = { current: world.root, last: -1, isForgiving: !path.isStrict };
  return new Execution(path, world).node(path.root, world.root, place);
}

function failed(code: SqlState, message: string): JsonPathError {
  return new JsonPathError(code, message);
}

function bool(truth: Truth): JsonValue {
  return truth === null ? { kind: 'null' } : { kind: 'boolean', value: truth };
}

class Execution {
  readonly #isStrict: boolean;
  readonly #world: PathWorld;

  constructor({ isStrict }: JsonPath, world: PathWorld) {
    this.#isStrict = isStrict;
    this.#world = world;
  }

  *node({ start, steps }: PathNode, value: JsonValue, place: Place): Values {
    this.#world.spend(STEP_WORK);
    for (const found of this.#start(start, value, place)) {
      yield* this.#steps(steps, 0, found, place, !this.#isStrict);
    }
  }

  *#start(start: PathStart, value: JsonValue, place: Place): Values {
    switch (start.kind) {
      case 'null':
        yield { kind: 'null' };
        return;
      case 'boolean':
        yield { kind: 'boolean', value: start.value };
        return;
      case 'number':
        yield { kind: 'number', text: start.text };
        return;
      case 'string':
        yield { kind: 'string', value: start.value };
        return;
      case 'root':
        yield this.#world.root;
        return;
      case 'current':
        yield place.current;
        return;
      case 'last':
        yield { kind: 'number', text: String(place.last) };
        return;
      case 'variable':
        yield this.#variable(start.name);
        return;
      case 'arithmetic': {
        const left = this.#operand(start.left, value, place, 'left', start.operator);
        const right = this.#operand(start.right, value, place, 'right', start.operator);
        yield { kind: 'number', text: calculated(start.operator, left, right) };
        return;
      }
      case 'sign':
        for (const found of this.#unwrapped(start.argument, value, place)) {
          if (found.kind !== 'number') {
            throw failed(
              '2203B',
              `operand of unary jsonpath operator ${start.operator} is not a numeric value`,
            );
          }
          yield start.operator === '+' ? found : { kind: 'number', text: negated(found.text) };
        }
        return;
      default:
        yield bool(this.#truth(start, value, place));
    }
  }

  #variable(name: string): JsonValue {
    const found = this.#world.variables.get(name);
    if (found !== undefined) return found;
    throw new PgError('42704', `could not find jsonpath variable "${name}"`);
  }

  /** All values, arrays as their elements in lax mode. */
  #unwrapped(node: PathNode, value: JsonValue, place: Place): readonly JsonValue[] {
    const found = [...this.node(node, value, place)];
    if (this.#isStrict) return found;
    const values = found.flatMap((each) => (each.kind === 'array' ? each.items : [each]));
    this.#world.spend(values.length);
    return values;
  }

  #operand(
    node: PathNode,
    value: JsonValue,
    place: Place,
    side: string,
    operator: Arithmetic,
  ): string {
    const [first, ...others] = this.#unwrapped(node, value, place);
    if (first?.kind === 'number' && others.length === 0) {
      this.#world.spend(first.text.length / CHARACTERS_PER_WORK);
      return first.text;
    }
    const message = `${side} operand of jsonpath operator ${operator} is not a single numeric value`;
    throw failed('22038', message);
  }

  *#steps(
    steps: readonly PathStep[],
    at: number,
    value: JsonValue,
    place: Place,
    mayUnwrap: boolean,
  ): Values {
    // What is found goes back through all the steps.
    this.#world.spend(STEP_WORK + at);
    const step = steps[at];
    if (step === undefined) {
      yield value;
      return;
    }
    if (mayUnwrap && value.kind === 'array' && isOfElements(step)) {
      for (const item of value.items) yield* this.#steps(steps, at, item, place, false);
      return;
    }
    const next = (found: JsonValue, inside = place): Values =>
      this.#steps(steps, at + 1, found, inside, !this.#isStrict);
    switch (step.kind) {
      case 'key':
        yield* this.#key(step.name, value, place, next);
        return;
      case 'any-key':
        if (value.kind === 'object') for (const [, item] of value.members) yield* next(item);
        else if (!place.isForgiving) {
          throw failed(
            '2203C',
            'jsonpath wildcard member accessor can only be applied to an object',
          );
        }
        return;
      case 'any-element':
        if (value.kind === 'array') for (const item of value.items) yield* next(item);
        else if (!this.#isStrict) yield* next(value);
        else if (!place.isForgiving) {
          throw failed('22039', 'jsonpath wildcard array accessor can only be applied to an array');
        }
        return;
      case 'elements':
        yield* this.#elements(step, value, place, next);
        return;
      case 'levels':
        yield* this.#levels(step, value, place, next);
        return;
      case 'method':
        yield* next(this.#method(step.name, value, place));
        return;
      default:
        if (this.#condition(step.condition, value, { ...place, current: value }) === true) {
          yield* next(value);
        }
    }
  }

  *#key(name: string, value: JsonValue, place: Place, next: (found: JsonValue) => Values): Values {
    if (value.kind === 'object') {
      this.#world.spend(value.members.length / MEMBERS_PER_WORK);
      const found = value.members.findLast(([key]) => key === name);
      if (found !== undefined) yield* next(found[1]);
      else if (!place.isForgiving)
        throw failed('2203A', `JSON object does not contain key "${name}"`);
    } else if (!place.isForgiving) {
      throw failed('2203A', 'jsonpath member accessor can only be applied to an object');
    }
  }

  *#elements(
    { ranges }: Extract<PathStep, { kind: 'elements' }>,
    value: JsonValue,
    place: Place,
    next: (found: JsonValue) => Values,
  ): Values {
    if (value.kind !== 'array' && this.#isStrict) {
      if (place.isForgiving) return;
      throw failed('22039', 'jsonpath array accessor can only be applied to an array');
    }
    const items = value.kind === 'array' ? value.items : [value];
    const inside = { ...place, last: items.length - 1 };
    for (const range of ranges) {
      const from = this.#index(range.from, value, inside);
      const to = range.to === null ? from : this.#index(range.to, value, inside);
      if (!place.isForgiving && (from < 0 || from > to || to >= items.length)) {
        throw failed('22033', 'jsonpath array subscript is out of bounds');
      }
      const end = Math.min(to, items.length - 1);
      for (let at = Math.max(from, 0); at <= end; at++) yield* next(items[at] as JsonValue);
    }
  }

  #index(node: PathNode, value: JsonValue, place: Place): number {
    const [first, ...others] = this.node(node, value, place);
    if (first?.kind !== 'number' || others.length > 0) {
      throw failed('22033', 'jsonpath array subscript is not a single numeric value');
    }
    const index = indexOf(first.text);
    if (index !== null) return index;
    throw failed('22033', 'jsonpath array subscript is out of integer range');
  }

  *#levels(
    { first, last }: Extract<PathStep, { kind: 'levels' }>,
    value: JsonValue,
    place: Place,
    next: (found: JsonValue, inside: Place) => Values,
  ): Values {
    const forgiving = { ...place, isForgiving: true };
    if (first === 0) yield* next(value, forgiving);
    yield* this.#below(1, first, last, value, (found) => next(found, forgiving));
  }

  *#below(
    level: number,
    first: number,
    last: number,
    value: JsonValue,
    next: (found: JsonValue) => Values,
  ): Values {
    if (level > last) return;
    const isContainer = ({ kind }: JsonValue): boolean => kind === 'array' || kind === 'object';
    const children =
      value.kind === 'array'
        ? value.items
        : value.kind === 'object'
          ? value.members.map(([, item]) => item)
          : [];
    for (const child of children) {
      this.#world.spend(STEP_WORK + level);
      const isLeafWanted = first === LAST && last === LAST && !isContainer(child);
      if (level >= first || isLeafWanted) yield* next(child);
      if (level < last && isContainer(child))
        yield* this.#below(level + 1, first, last, child, next);
    }
  }

  #method(name: Method, value: JsonValue, place: Place): JsonValue {
    this.#world.spend(lengthOf(value) / CHARACTERS_PER_WORK);
    switch (name) {
      case 'type':
        return { kind: 'string', value: value.kind };
      case 'size':
        if (value.kind === 'array') return { kind: 'number', text: String(value.items.length) };
        if (!this.#isStrict || place.isForgiving) return { kind: 'number', text: '1' };
        throw failed('22039', 'jsonpath item method .size() can only be applied to an array');
      case 'double':
        return asDouble(value);
      case 'keyvalue':
        if (value.kind !== 'object') {
          throw failed(
            '2203C',
            'jsonpath item method .keyvalue() can only be applied to an object',
          );
        }
        throw new PgError('0A000', 'keyvalue() in a jsonpath is not supported');
      default:
        if (value.kind === 'number') return { kind: 'number', text: rounded(value.text, name) };
        throw failed(
          '22036',
          `jsonpath item method .${name}() can only be applied to a numeric value`,
        );
    }
  }

  // Predicates ------------------------------------------------------------------------------------

  #condition(node: PathNode, value: JsonValue, place: Place): Truth {
    this.#world.spend(STEP_WORK);
    return this.#truth(node.start, value, place);
  }

  #truth(start: PathStart, value: JsonValue, place: Place): Truth {
    switch (start.kind) {
      case 'and':
      case 'or': {
        const decisive = start.kind === 'or';
        const left = this.#condition(start.left, value, place);
        if (left === decisive) return decisive;
        const right = this.#condition(start.right, value, place);
        return right === !decisive ? left : right;
      }
      case 'not': {
        const truth = this.#condition(start.argument, value, place);
        return truth === null ? null : !truth;
      }
      case 'is-unknown':
        return this.#condition(start.argument, value, place) === null;
      case 'exists':
        return orUnknown(() => this.#exists(start.argument, value, place));
      case 'comparison':
        return this.#any(start.left, start.right, value, place, (a, b) =>
          compared(start.operator, a, b),
        );
      case 'starts-with':
        return this.#any(start.left, start.right, value, place, (a, b) =>
          a.kind === 'string' && b.kind === 'string' ? a.value.startsWith(b.value) : null,
        );
      case 'like-regex': {
        const program = compileRegex(start.pattern, regexOptions(start.flags));
        return this.#any(start.argument, null, value, place, (a) =>
          a.kind === 'string' ? matchesRegex(program, a.value, this.#world.spend) : null,
        );
      }
      default:
        return null;
    }
  }

  /** In strict mode all values are looked at, for their errors. */
  #exists(node: PathNode, value: JsonValue, place: Place): boolean {
    let isFound = false;
    for (const _found of this.node(node, value, place)) {
      isFound = true;
      if (!this.#isStrict) break;
    }
    return isFound;
  }

  /** Of any pair; in strict mode not if another one is unknown. `right`: null is no values. */
  #any(
    leftNode: PathNode,
    rightNode: PathNode | null,
    value: JsonValue,
    place: Place,
    test: (left: JsonValue, right: JsonValue) => Truth,
  ): Truth {
    const none: readonly JsonValue[] = [{ kind: 'null' }];
    const lefts = orUnknown(() => this.#unwrapped(leftNode, value, place));
    if (lefts === null) return null;
    const rights =
      rightNode === null ? none : orUnknown(() => this.#unwrapped(rightNode, value, place));
    if (rights === null) return null;
    let [isFound, isUnknown] = [false, false];
    for (const left of lefts) {
      for (const right of rights) {
        this.#world.spend(STEP_WORK + (lengthOf(left) + lengthOf(right)) / CHARACTERS_PER_WORK);
        const truth = test(left, right);
        if (truth === null) {
          if (this.#isStrict) return null;
          isUnknown = true;
        } else if (truth) {
          if (!this.#isStrict) return true;
          isFound = true;
        }
      }
    }
    return isFound ? true : isUnknown ? null : false;
  }
}

/** In lax mode they are for the elements of an array. */
function isOfElements(step: PathStep): boolean {
  if (step.kind === 'method') return step.name !== 'type' && step.name !== 'size';
  return ['key', 'any-key', 'filter'].includes(step.kind);
}

function lengthOf(value: JsonValue): number {
  if (value.kind === 'string') return value.value.length;
  return value.kind === 'number' ? value.text.length : 0;
}

function orUnknown<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof JsonPathError) return null;
    throw error;
  }
}

function calculated(operator: Arithmetic, left: string, right: string): string {
  try {
    return calculate(operator, left, right);
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    throw new JsonPathError(error.code, error.message, error.fields);
  }
}

function compared(operator: string, a: JsonValue, b: JsonValue): Truth {
  if (a.kind !== b.kind) {
    const isNull = a.kind === 'null' || b.kind === 'null';
    return isNull ? operator === '!=' : null;
  }
  const order = orderOf(a, b);
  if (order === null) return null;
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    default:
      return order >= 0;
  }
}

/** null: they have none. */
function orderOf(a: JsonValue, b: JsonValue): number | null {
  if (a.kind === 'null') return 0;
  if (a.kind === 'boolean' && b.kind === 'boolean') return Number(a.value) - Number(b.value);
  if (a.kind === 'number' && b.kind === 'number') return compareNumbers(a.text, b.text);
  if (a.kind === 'string' && b.kind === 'string') {
    return Buffer.compare(Buffer.from(a.value), Buffer.from(b.value));
  }
  return null;
}

function asDouble(value: JsonValue): JsonValue {
  const method = 'jsonpath item method .double()';
  if (value.kind === 'number') {
    if (isDouble(value.text)) return value;
    const message = `numeric argument of ${method} is out of range for type double precision`;
    throw failed('22036', message);
  }
  if (value.kind !== 'string') {
    throw failed('22036', `${method} can only be applied to a string or numeric value`);
  }
  const text = doubleOf(value.value);
  if (text !== null) return { kind: 'number', text };
  const message = `string argument of ${method} is not a valid representation of a double precision number`;
  throw failed('22036', message);
}

function regexOptions(flags: string): Parameters<typeof compileRegex>[1] {
  const isLiteral = flags.includes('q');
  return {
    isCaseInsensitive: flags.includes('i'),
    isNewlineKept: !isLiteral && !flags.includes('s'),
    isByLine: !isLiteral && flags.includes('m'),
    isExpanded: false,
    isLiteral,
  };
}
