// Operators: overload resolution, and the quantified forms over arrays.
import { BOOL, TEXT, UNKNOWN } from '../../types/oids.ts';
import { mustType } from '../../types/registry.ts';
import { INT2VECTOR, OIDVECTOR } from '../functions/catalog-context.ts';
import { operatorsNamed } from '../functions/registry.ts';
import type { OperatorSignature } from '../functions/signature.ts';
import type { Expression } from '../tree/expression.ts';
import { mustCoerce, tryCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';
import { chooseOverload } from './overload.ts';
import type { Chosen, Shape } from './overload.ts';
import { concreteType } from './polymorphic.ts';

/** Of the catalog: they are stored in another way than arrays. */
const VECTORS = [INT2VECTOR, OIDVECTOR];

const ALIASES: Readonly<Record<string, string>> = { '!=': '<>' };
const NO_OPERATOR_HINT =
  'No operator matches the given name and argument types. You might need to add explicit type casts.';
const NO_PREFIX_OPERATOR_HINT =
  'No operator matches the given name and argument type. You might need to add an explicit type cast.';
const AMBIGUOUS_HINT =
  'Could not choose a best candidate operator. You might need to add explicit type casts.';

export function resolveOperator(
  context: BindContext,
  nameAsWritten: string,
  left: Expression | null,
  right: Expression,
  location: number | undefined,
): Chosen<OperatorSignature> {
  const name = ALIASES[nameAsWritten] ?? nameAsWritten;
  const candidates = operatorsNamed(name).filter(
    (signature) => (signature.left === 0) === (left === null),
  );
  const shapeOf = (signature: OperatorSignature): Shape => ({
    arguments: signature.left === 0 ? [signature.right] : [signature.left, signature.right],
  });
  const types = left === null ? [right.type] : [left.type, right.type];
  // An unknown literal is first taken to be of the other side's type (PG: 10.2, rule 2a).
  const other = types.find((type) => type !== UNKNOWN) ?? UNKNOWN;
  const guessed = types.map((type) => (type === UNKNOWN ? other : type));
  const exact = candidates.find((signature) =>
    shapeOf(signature).arguments.every((type, at) => type === guessed[at]),
  );
  if (exact !== undefined) {
    const variables = { element: null, compatible: null };
    const { arguments: declared } = shapeOf(exact);
    return { candidate: exact, arguments: declared, declared, variables };
  }
  const found = chooseOverload(candidates, shapeOf, types);
  if (found !== null && found !== 'ambiguous') return found;
  const shown = types.map((type) => typeDisplay(type));
  const signature =
    left === null ? `${nameAsWritten} ${shown[0]}` : `${shown[0]} ${nameAsWritten} ${shown[1]}`;
  const hint = left === null ? NO_PREFIX_OPERATOR_HINT : NO_OPERATOR_HINT;
  throw found === null
    ? context.error('42883', `operator does not exist: ${signature}`, location, hint)
    : context.error('42725', `operator is not unique: ${signature}`, location, AMBIGUOUS_HINT);
}

export function bindOperator(
  context: BindContext,
  name: string,
  left: Expression | null,
  right: Expression,
  location: number | undefined,
): Expression {
  const found = resolveOperator(context, name, left, right, location);
  const { candidate: signature, arguments: wanted, variables } = found;
  context.noteCall(signature);
  const coerced = (left === null ? [right] : [left, right]).map((side, at) =>
    signature.takesTexts === true
      ? asText(context, side)
      : mustCoerce(context, side, wanted[at] as number, 'operator'),
  );
  return {
    kind: 'operator',
    signature,
    left: left === null ? null : (coerced[0] as Expression),
    right: coerced.at(-1) as Expression,
    elementType:
      signature.takesElementType === true
        ? (variables.element ?? variables.compatible ?? undefined)
        : undefined,
    type: concreteType(signature.result, variables),
    typmod: -1,
    location,
  };
}

/** A value as text, for `||` between text and anything else. */
function asText(context: BindContext, part: Expression): Expression {
  return tryCoerce(context, part, TEXT, -1, 'assignment') ?? part;
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
    const { arrayOid } = mustType(left.type === UNKNOWN ? TEXT : left.type);
    array = tryCoerce(context, array, arrayOid, -1, 'implicit') ?? array;
  }
  const { elementOid } = mustType(array.type);
  if (elementOid === 0) {
    throw context.error('42809', 'op ANY/ALL (array) requires array on right side', location);
  }
  const element: Expression = { kind: 'constant', type: elementOid, typmod: -1, value: null };
  const { candidate: signature } = resolveOperator(context, name, left, element, location);
  if (signature.result !== BOOL) {
    throw context.error('42809', 'op ANY/ALL (array) requires operator to yield boolean', location);
  }
  context.noteCall(signature);
  return {
    kind: 'any-array',
    signature,
    isAll,
    left: mustCoerce(context, left, signature.left, 'operator'),
    array: mustCoerce(context, array, arrayFor(context, signature, array, location), 'operator'),
    type: BOOL,
    typmod: -1,
    location,
  };
}

/** The array of what the operator takes. */
function arrayFor(
  context: BindContext,
  { right }: OperatorSignature,
  { type }: Expression,
  location: number | undefined,
): number {
  const { elementOid } = mustType(type);
  const isSameStorage = mustType(right).category === 'S' && mustType(elementOid).category === 'S';
  const isVector = VECTORS.includes(type);
  if (!isVector && (elementOid === right || isSameStorage)) return type;
  const { arrayOid, displayName } = mustType(right);
  if (arrayOid === 0) throw context.notSupported(`an array of ${displayName}`, location);
  return arrayOid;
}
