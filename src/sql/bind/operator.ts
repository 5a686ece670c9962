// Operators: overload resolution, and the quantified forms over arrays.
import { BOOL, TEXT, UNKNOWN } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { operatorsNamed } from '../functions/registry.ts';
import type { OperatorSignature } from '../functions/signature.ts';
import type { Expression } from '../tree/expression.ts';
import { mustCoerce, tryCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { chooseOverload } from './overload.ts';

const ALIASES: Readonly<Record<string, string>> = { '!=': '<>' };
const NO_OPERATOR_HINT =
  'No operator matches the given name and argument types. You might need to add explicit type casts.';

export function resolveOperator(
  context: BindContext,
  nameAsWritten: string,
  left: Expression | null,
  right: Expression,
  location: number | undefined,
): OperatorSignature {
  const name = ALIASES[nameAsWritten] ?? nameAsWritten;
  const candidates = operatorsNamed(name).filter(
    (signature) => (signature.left === 0) === (left === null),
  );
  // An unknown literal is first taken to be of the other side's type (PG: 10.2, rule 2a).
  const other = left === null ? right.type : left.type === UNKNOWN ? right.type : left.type;
  const guess = (expression: Expression): number =>
    expression.type === UNKNOWN ? other : expression.type;
  const guessed = left === null ? [right.type] : [guess(left), guess(right)];
  const argumentsOf = (signature: OperatorSignature): readonly number[] =>
    signature.left === 0 ? [signature.right] : [signature.left, signature.right];
  const exact = candidates.find((signature) =>
    argumentsOf(signature).every((type, at) => type === guessed[at]),
  );
  if (exact !== undefined) return exact;
  const types = left === null ? [right.type] : [left.type, right.type];
  const found = chooseOverload(candidates, argumentsOf, types);
  const shown = types.map((type) => typeDisplay(type));
  const signature =
    left === null ? `${nameAsWritten} ${shown[0]}` : `${shown[0]} ${nameAsWritten} ${shown[1]}`;
  if (found === null) {
    throw context.error(
      '42883',
      `operator does not exist: ${signature}`,
      location,
      NO_OPERATOR_HINT,
    );
  }
  if (found === 'ambiguous') {
    throw context.error(
      '42725',
      `operator is not unique: ${signature}`,
      location,
      'Could not choose a best candidate operator. You might need to add explicit type casts.',
    );
  }
  return found;
}

export function bindOperator(
  context: BindContext,
  name: string,
  left: Expression | null,
  right: Expression,
  location: number | undefined,
): Expression {
  if (name === '||' && left !== null) {
    const [a, b] = asTextPair(context, left, right);
    if (a !== left || b !== right) return bindOperator(context, name, a, b, location);
  }
  const signature = resolveOperator(context, name, left, right, location);
  context.noteCall(signature);
  return {
    kind: 'operator',
    signature,
    left: left === null ? null : mustCoerce(context, left, signature.left, 'operator'),
    right: mustCoerce(context, right, signature.right, 'operator'),
    type: signature.result,
    typmod: -1,
    location,
  };
}

/** Text || anything, and the other way round: the other side as text (anynonarray). */
function asTextPair(
  context: BindContext,
  left: Expression,
  right: Expression,
): readonly [Expression, Expression] {
  const isText = ({ type }: Expression): boolean =>
    type === UNKNOWN || mustType(type).category === 'S';
  const isOther = ({ type }: Expression): boolean =>
    !['S', 'A', 'U', 'X'].includes(mustType(type).category);
  const text = (side: Expression): Expression =>
    tryCoerce(context, side, TEXT, -1, 'assignment') ?? side;
  if (isText(left) && isOther(right)) return [left, text(right)];
  if (isOther(left) && isText(right)) return [text(left), right];
  return [left, right];
}

/** `left = ANY (array)` and ALL. */
export function bindAnyArray(
  context: BindContext,
  name: string,
  left: Expression,
  arrayExpression: Expression,
  isAll: boolean,
  location: number | undefined,
): Expression {
  let array = arrayExpression;
  if (array.type === UNKNOWN) {
    const { arrayOid } = mustType(left.type === UNKNOWN ? 25 : left.type);
    array = tryCoerce(context, array, arrayOid, -1, 'implicit') ?? array;
  }
  const { elementOid } = mustType(array.type);
  if (elementOid === 0) {
    throw context.error('42809', 'op ANY/ALL (array) requires array on right side', location);
  }
  const element: Expression = { kind: 'constant', type: elementOid, typmod: -1, value: null };
  const signature = resolveOperator(context, name, left, element, location);
  if (signature.result !== BOOL) {
    throw context.error('42809', 'op ANY/ALL (array) requires operator to yield boolean', location);
  }
  return {
    kind: 'any-array',
    signature,
    isAll,
    left: mustCoerce(context, left, signature.left, 'operator'),
    array,
    type: BOOL,
    typmod: -1,
    location,
  };
}
