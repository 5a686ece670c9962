// Volatile functions in a select list are called for rows in their final order, and only for those
// that LIMIT lets through (PG: planner.c, make_sort_input_target). SQLite calls them before it
// sorts, so the sorting becomes a query of its own inside.
import { expressionKey } from '../tree/expression.ts';
import type { Expression } from '../tree/expression.ts';
import type { Select, Target } from '../tree/query.ts';
import type { BindContext } from './context.ts';
import { plainSelect } from './derived.ts';
import { reference, resultScopeColumns } from './scope.ts';

/** Calls a volatile function itself, not inside an aggregate or a subquery. */
function callsVolatile(expression: Expression): boolean {
  return some(expression, (part) => {
    const signature = 'signature' in part ? part.signature : null;
    return signature !== null && 'volatility' in signature && signature.volatility === 'volatile';
  });
}

function isOpaque({ kind }: Expression): boolean {
  return kind === 'aggregate' || kind === 'subquery' || kind === 'in-subquery';
}

function some(part: unknown, isWanted: (expression: Expression) => boolean): boolean {
  if (Array.isArray(part)) return part.some((item) => some(item, isWanted));
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return false;
  if ('kind' in part) {
    const expression = part as Expression;
    if (isOpaque(expression)) return false;
    if (isWanted(expression)) return true;
  }
  return Object.entries(part).some(
    ([name, value]) => name !== 'signature' && some(value, isWanted),
  );
}

/** Everything that can be had before the sort, collected as targets of the query that sorts. */
class Inner {
  readonly targets: Target[] = [];
  readonly #alias: string;

  constructor(alias: string) {
    this.#alias = alias;
  }

  /** The target as a column of the inner query. */
  take(target: Target): Expression {
    this.targets.push(target);
    const at = this.targets.length - 1;
    const column = resultScopeColumns(this.targets)[at] as ReturnType<
      typeof resultScopeColumns
    >[number];
    return reference({ name: null, alias: this.#alias, columns: [] }, column, 0);
  }

  /** The expression with its parts that call nothing volatile taken from the inner query. */
  rewrite<T>(part: T): T {
    if (Array.isArray(part)) return part.map((item: unknown) => this.rewrite(item)) as T;
    if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return part;
    if ('kind' in part) {
      const expression = part as unknown as Expression;
      if (expression.kind === 'constant' || expression.kind === 'parameter') return part;
      if (!callsVolatile(expression)) return this.take(targetOf(expression)) as T;
    }
    const parts = Object.entries(part).map(([name, value]: [string, unknown]) => [
      name,
      name === 'signature' ? value : this.rewrite(value),
    ]);
    return Object.fromEntries(parts) as T;
  }
}

function targetOf(expression: Expression): Target {
  const { type, typmod } = expression;
  return { name: '', expression, type, typmod, tableOid: 0, columnNumber: 0 };
}

export function calledAfterSort(context: BindContext, select: Select): Select {
  if (select.orderBy.length === 0) return select;
  const keys = new Set(select.orderBy.map(({ expression }) => expressionKey(expression)));
  const isKey = ({ expression }: Target): boolean => keys.has(expressionKey(expression));
  if (!select.targets.some((target) => callsVolatile(target.expression) && !isKey(target))) {
    return select;
  }
  const alias = context.nextAlias();
  const inner = new Inner(alias);
  const targets = select.targets.map((target) => ({
    ...target,
    expression: isKey(target) ? inner.take(target) : inner.rewrite(target.expression),
  }));
  const query = { ...select, ctes: [], targets: inner.targets, columns: inner.targets };
  const from = [{ kind: 'query', alias, query, isMaterialized: true } as const];
  return plainSelect({ targets, from, ctes: select.ctes });
}
