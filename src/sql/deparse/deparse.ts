// Bound expressions as Postgres writes them (PG: ruleutils.c): what pg_get_expr and the definitions
// of checks and indexes show, and what bind reads again.
import { quoteIdentifier, quoteLiteral } from '../../catalog/quote-identifier.ts';
import { formatType } from '../../catalog/type-display.ts';
import type { ExpressionText, TextPieces } from '../../catalog/node-tree.ts';
import { notSupported } from '../../errors/pg-error.ts';
import { BOOL, INT4, NUMERIC, UNKNOWN } from '../../types/oids.ts';
import type { FormatSettings } from '../../types/pg-type.ts';
import { mustType } from '../../types/registry.ts';
import { REGCLASS } from '../functions/catalog-context.ts';
import type {
  ArrayQuantifier,
  Case,
  Cast,
  Constant,
  Expression,
  FunctionCall,
  InList,
  OperatorCall,
  RowComparison,
} from '../tree/expression.ts';
import { someExpression } from '../tree/expression.ts';
import { arrayOfOutputType, inListLeft } from './in-list.ts';
import { isSimple } from './parentheses.ts';
import { TextWriter } from './text-writer.ts';

/** What the tree does not say: SQL's own spellings, by the place of the node in the text. */
export type Spellings = ReadonlyMap<number, string>;

export interface DeparseOptions {
  readonly isPretty: boolean;
  /** For bind, not for readers: IN stays IN. */
  readonly isSource: boolean;
  readonly spellings: Spellings;
}

const INDENT = 4;
const NO_SPELLINGS: Spellings = new Map();

const FORMAT: FormatSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
};

export function deparse(
  expression: Expression,
  spellings: Spellings = NO_SPELLINGS,
): ExpressionText {
  const text = deparseAs(expression, { isPretty: false, isSource: false, spellings });
  const pretty = deparseAs(expression, { isPretty: true, isSource: false, spellings });
  if (!someExpression(expression, ({ kind }) => kind === 'in-list')) return { text, pretty };
  const source = deparseAs(expression, { isPretty: false, isSource: true, spellings });
  return { text, pretty, source };
}

function deparseAs(expression: Expression, options: DeparseOptions): TextPieces {
  const deparser = new Deparser(options);
  deparser.write(expression, false);
  return deparser.pieces();
}

class Deparser {
  readonly #writer = new TextWriter();
  readonly #isPretty: boolean;
  readonly #isSource: boolean;
  readonly #spellings: Spellings;

  constructor({ isPretty, isSource, spellings }: DeparseOptions) {
    this.#isSource = isSource;
    this.#isPretty = isPretty;
    this.#spellings = spellings;
  }

  pieces(): TextPieces {
    return this.#writer.pieces();
  }

  /** `isImplicitShown`: conversions that nobody wrote are written all the same. */
  write(expression: Expression, isImplicitShown: boolean): void {
    switch (expression.kind) {
      case 'constant':
        return this.#constant(expression, true);
      case 'column':
        return this.#writer.add(quoteIdentifier(expression.name));
      case 'function':
        return this.#function(expression);
      case 'operator':
        return this.#operator(expression);
      case 'cast':
        return this.#cast(expression, isImplicitShown);
      case 'logical':
        return this.#logical(expression.operator, expression.arguments, expression);
      case 'test':
        return this.#test(expression);
      case 'distinct':
        return this.#bracketed(() => {
          this.#operand(expression.left, expression, true);
          this.#writer.add(expression.isNegated ? ' IS NOT DISTINCT FROM ' : ' IS DISTINCT FROM ');
          this.#operand(expression.right, expression, true);
        });
      case 'case':
        return this.#case(expression);
      case 'coalesce':
      case 'greatest':
      case 'least':
        return this.#call(expression.kind.toUpperCase(), expression.arguments);
      case 'in-list':
        return this.#inList(expression);
      case 'row-comparison':
        return this.#rowComparison(expression);
      case 'any-array':
        return this.#anyArray(expression);
      case 'array':
        this.#writer.add('ARRAY[');
        this.#list(expression.items);
        return this.#writer.add(']');
      case 'parameter':
        return this.#writer.add(`$${String(expression.number)}`);
      case 'subquery':
      case 'in-subquery':
      case 'aggregate':
      case 'grouping':
        throw notSupported('a subquery or aggregate in a stored expression');
      default:
        return expression satisfies never;
    }
  }

  /** In parentheses unless the pretty form is wanted. */
  #bracketed(write: () => void): void {
    if (!this.#isPretty) this.#writer.add('(');
    write();
    if (!this.#isPretty) this.#writer.add(')');
  }

  /** A part of another expression: the pretty form needs parentheses where it could be misread. */
  #operand(expression: Expression, parent: Expression, isImplicitShown: boolean): void {
    const isBracketed = this.#isPretty && !isSimple(expression, parent);
    if (isBracketed) this.#writer.add('(');
    this.write(expression, isImplicitShown);
    if (isBracketed) this.#writer.add(')');
  }

  #list(items: readonly Expression[]): void {
    items.forEach((item, i) => {
      if (i > 0) this.#writer.add(', ');
      this.write(item, true);
    });
  }

  #call(name: string, items: readonly Expression[]): void {
    this.#writer.add(`${name}(`);
    this.#list(items);
    this.#writer.add(')');
  }

  #constant(constant: Constant, isLabeled: boolean): void {
    const { type, value, typmod } = constant;
    const writer = this.#writer;
    const label = `::${formatType(type, typmod)}`;
    if (value === null) return writer.add(isLabeled ? `NULL${label}` : 'NULL');
    if (type === BOOL) return writer.add(value === 1n ? 'true' : 'false');
    if (type === REGCLASS) return this.#relation(Number(value), isLabeled);
    const text = type === UNKNOWN ? String(value) : mustType(type).format(value, FORMAT);
    const isPlain =
      (type === INT4 && !text.startsWith('-')) ||
      (type === NUMERIC && /^[0-9]/.test(text) && /[eE.]/.test(text));
    writer.add(isPlain ? text : quoteLiteral(text));
    const isTyped = type === UNKNOWN || (isPlain && !(type === NUMERIC && typmod >= 0));
    if (isLabeled && !isTyped) writer.add(label);
  }

  #relation(oid: number, isLabeled: boolean): void {
    this.#writer.add("'");
    this.#writer.add(oid);
    this.#writer.add(isLabeled ? "'::regclass" : "'");
  }

  #function(call: FunctionCall): void {
    const spelled = call.location === undefined ? undefined : this.#spellings.get(call.location);
    if (spelled !== undefined && call.arguments.length === 0) return this.#writer.add(spelled);
    const [field, ...rest] = call.arguments;
    if (spelled === 'EXTRACT' && field?.kind === 'constant') {
      this.#writer.add(`EXTRACT(${String(field.value)} FROM `);
      this.#list(rest);
      return this.#writer.add(')');
    }
    if (call.signature.name === 'pg_subscript' || call.signature.name === 'pg_array_slice') {
      return this.#subscript(call);
    }
    this.#call(quoteIdentifier(call.signature.name), call.arguments);
  }

  /** `array[position]`, `array[first:last]`: the array, the positions, and whether they are given. */
  #subscript({ signature, arguments: parts }: FunctionCall): void {
    const [array, first, last, isFirstGiven, isLastGiven] = parts as [
      Expression,
      Expression,
      Expression,
      Expression,
      Expression,
    ];
    const isBracketed = array.kind !== 'column';
    if (isBracketed) this.#writer.add('(');
    this.write(array, true);
    this.#writer.add(isBracketed ? ')[' : '[');
    if (signature.name === 'pg_subscript') this.write(first, false);
    else {
      if (isTrue(isFirstGiven)) this.write(first, false);
      this.#writer.add(':');
      if (isTrue(isLastGiven)) this.write(last, false);
    }
    this.#writer.add(']');
  }

  #rowComparison({ operator, pairs }: RowComparison): void {
    this.#bracketed(() => {
      this.#call(
        'ROW',
        pairs.map(({ left }) => left as Expression),
      );
      this.#writer.add(` ${operator} `);
      this.#call(
        'ROW',
        pairs.map(({ right }) => right),
      );
    });
  }

  #operator(call: OperatorCall): void {
    const { left, right, signature } = call;
    this.#bracketed(() => {
      if (left !== null) {
        this.#operand(left, call, true);
        this.#writer.add(' ');
      }
      this.#writer.add(`${signature.name} `);
      this.#operand(right, call, true);
    });
  }

  #cast(cast: Cast, isImplicitShown: boolean): void {
    const { argument, isExplicit, type, typmod, how } = cast;
    if (!isExplicit && !isImplicitShown) return this.#operand(argument, cast, false);
    const label = `::${formatType(type, typmod)}`;
    if (argument.kind === 'constant' && argument.type === type && how === 'length') {
      this.#constant(argument, false);
      return this.#writer.add(label);
    }
    this.#bracketed(() => {
      this.#operand(argument, cast, false);
    });
    this.#writer.add(label);
  }

  #logical(operator: 'and' | 'or' | 'not', parts: readonly Expression[], node: Expression): void {
    this.#bracketed(() => {
      if (operator === 'not') this.#writer.add('NOT ');
      parts.forEach((part, i) => {
        if (i > 0) this.#writer.add(operator === 'and' ? ' AND ' : ' OR ');
        this.#operand(part, node, false);
      });
    });
  }

  #test(test: Extract<Expression, { kind: 'test' }>): void {
    this.#bracketed(() => {
      this.#operand(test.argument, test, test.test === 'null');
      this.#writer.add(` IS ${test.isNegated ? 'NOT ' : ''}${test.test.toUpperCase()}`);
    });
  }

  /** On lines of its own in every form. */
  #case(expression: Case): void {
    const writer = this.#writer;
    writer.line('CASE', 0, INDENT);
    for (const { when, then } of expression.branches) {
      writer.line('WHEN ', 0, 0);
      this.write(when, false);
      writer.add(' THEN ');
      this.write(then, true);
    }
    writer.line('ELSE ', 0, 0);
    if (expression.otherwise === null) writer.add(`NULL::${formatType(expression.type, -1)}`);
    else this.write(expression.otherwise, true);
    writer.line('END', -INDENT, 0);
  }

  /** `x IN (1, 2)` is kept as `x = ANY (ARRAY[1, 2])`. */
  #inList(node: InList): void {
    if (this.#isSource) return this.#inSource(node);
    const left = inListLeft(node);
    const { items, convertedTo } = arrayOfOutputType(node);
    this.#bracketed(() => {
      this.#operand(left, node, true);
      this.#writer.add(node.isNegated ? ' <> ALL (' : ' = ANY (');
      if (convertedTo !== null && !this.#isPretty) this.#writer.add('(');
      this.#writer.add('ARRAY[');
      this.#list(items);
      this.#writer.add(']');
      if (convertedTo !== null) {
        this.#writer.add(`${this.#isPretty ? '' : ')'}::${formatType(convertedTo, -1)}`);
      }
      this.#writer.add(')');
    });
  }

  #inSource({ left, items, isNegated }: InList): void {
    this.#bracketed(() => {
      this.write(left, true);
      this.#writer.add(isNegated ? ' NOT IN (' : ' IN (');
      this.#list(items);
      this.#writer.add(')');
    });
  }

  #anyArray(node: ArrayQuantifier): void {
    this.#bracketed(() => {
      this.#operand(node.left, node, true);
      this.#writer.add(` ${node.signature.name} ${node.isAll ? 'ALL' : 'ANY'} (`);
      this.#operand(node.array, node, true);
      this.#writer.add(')');
    });
  }
}

function isTrue(expression: Expression): boolean {
  return expression.kind === 'constant' && expression.value === 1n;
}
