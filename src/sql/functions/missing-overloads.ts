// Forms of functions over types that are not there. A call takes part in the choice among all forms that
// Postgres has: with a literal alone it may be ambiguous.
import { PgError } from '../../errors/pg-error.ts';
import { INT4, INT8, INTERVAL, TEXT } from '../../types/oids.ts';
import type { Oid } from '../../types/pg-type.ts';
import { fn, sql } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

const XID = 28;
const MACADDR8 = 774;
const MACADDR = 829;
const BIT = 1560;

const NOT_THERE = sql(() => {
  throw new PgError('0A000', 'a form of a function that is not there');
});

function missing(name: string, args: readonly Oid[], result: Oid): FunctionSignature {
  return fn(name, args, result, NOT_THERE);
}

const MISSING: readonly FunctionSignature[] = [
  missing('trunc', [MACADDR], MACADDR),
  missing('trunc', [MACADDR8], MACADDR8),
  missing('get_bit', [BIT, INT4], INT4),
  missing('set_bit', [BIT, INT4, INT4], TEXT),
  missing('bit_count', [BIT], INT8),
  missing('age', [XID], INTERVAL),
];

export function missingOverloads(name: string): readonly FunctionSignature[] {
  return MISSING.filter((signature) => signature.name === name);
}

export function isMissing(signature: FunctionSignature): boolean {
  return MISSING.includes(signature);
}
