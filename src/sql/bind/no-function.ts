// What a call is told that fits no function.
import { UNKNOWN } from '../../types/oids.ts';
import { ANYARRAY, ANYELEMENT } from '../functions/pseudo-types.ts';
import { functionsNamed } from '../functions/registry.ts';
import type { FunctionSignature } from '../functions/signature.ts';
import { canCoerce, typeDisplay } from './coerce.ts';
import type { BindContext } from './context.ts';

/** As for the functions that take anyelement. */
export const UNDETERMINED = 'could not determine polymorphic type because input has type unknown';
const NO_FUNCTION_HINT =
  'No function matches the given name and argument types. You might need to add explicit type casts.';

/** Of Postgres, and not there yet: the message must not say that there is no such function. */
const MISSING =
  /^jsonb_path_\w+_tz$|^jsonb_set_lax$|^txid_|^pg_(?:snapshot_|xact_|current_xact_id|current_snapshot|visible_in_snapshot)/;

/** It would fit, if it were known what anyelement or anyarray stands for. */
function isUndetermined(
  { arguments: wanted }: FunctionSignature,
  types: readonly number[],
): boolean {
  const isOpen = (at: number): boolean => [ANYELEMENT, ANYARRAY].includes(wanted[at] as number);
  return (
    wanted.length === types.length &&
    wanted.some((_type, at) => isOpen(at)) &&
    types.every((type, at) =>
      isOpen(at) ? type === UNKNOWN : canCoerce(type, wanted[at] as number, 'implicit'),
    )
  );
}

export function noFunction(
  context: BindContext,
  name: string,
  types: readonly number[],
  location: number | undefined,
  isAmbiguous: boolean,
  hint = NO_FUNCTION_HINT,
): Error {
  if (MISSING.test(name)) return context.notSupported(`${name}()`, location);
  if (functionsNamed(name).some((candidate) => isUndetermined(candidate, types))) {
    return context.error('42804', UNDETERMINED);
  }
  const shown = `${name}(${types.map((type) => typeDisplay(type)).join(', ')})`;
  if (isAmbiguous) {
    return context.error(
      '42725',
      `function ${shown} is not unique`,
      location,
      'Could not choose a best candidate function. You might need to add explicit type casts.',
    );
  }
  return context.error('42883', `function ${shown} does not exist`, location, hint);
}
