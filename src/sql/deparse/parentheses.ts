// Where the pretty form can leave parentheses out (PG: isSimpleNode in ruleutils.c).
import type { Expression } from '../tree/expression.ts';

/** Precedence of the arithmetic operators; the others always keep their parentheses. */
function precedence(expression: Expression): number | null {
  if (expression.kind !== 'operator' || expression.left === null) return null;
  const { name } = expression.signature;
  if (name === '+' || name === '-') return 1;
  return name === '*' || name === '/' || name === '%' ? 2 : null;
}

/** Brackets of its own, or a lower precedence than any operator. */
function hasOwnBrackets(parent: Expression): boolean {
  switch (parent.kind) {
    case 'function':
    case 'array':
    case 'coalesce':
    case 'greatest':
    case 'least':
    case 'case':
    case 'aggregate':
      return true;
    default:
      return false;
  }
}

function isSimpleOperator(expression: Expression, parent: Expression): boolean {
  if (expression.kind === 'operator' && parent.kind === 'operator') {
    const [inside, outside] = [precedence(expression), precedence(parent)];
    if (inside === null || outside === null) return false;
    if (inside !== outside) return inside > outside;
    return parent.left === expression;
  }
  return parent.kind === 'logical' || hasOwnBrackets(parent);
}

function isSimpleLogical(expression: Expression, parent: Expression): boolean {
  if (expression.kind !== 'logical' || parent.kind !== 'logical') return hasOwnBrackets(parent);
  if (expression.operator === 'or') return parent.operator === 'or';
  return parent.operator !== 'not';
}

export function isSimple(expression: Expression, parent: Expression): boolean {
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'column':
    case 'function':
    case 'coalesce':
    case 'greatest':
    case 'least':
    case 'array':
    case 'case':
    case 'aggregate':
      return true;
    case 'cast':
      return isSimple(expression.argument, expression);
    case 'operator':
    case 'test':
    case 'row-comparison':
    case 'distinct':
      return isSimpleOperator(expression, parent);
    case 'logical':
      return isSimpleLogical(expression, parent);
    default:
      return false;
  }
}
