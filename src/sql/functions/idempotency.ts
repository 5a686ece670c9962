// What became of a transaction that its client gave a name (balsa.idempotency_key).
import { TEXT } from '../../types/oids.ts';
import { fn, sql } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

export const IDEMPOTENCY_FUNCTIONS: readonly FunctionSignature[] = [
  /** 'committed', or NULL: no transaction of that name has taken effect so far. */
  fn(
    'balsa_transaction_status',
    [TEXT],
    TEXT,
    sql((key) => `(SELECT 'committed' FROM "balsa.idempotency" WHERE "key" = ${key})`),
    { volatility: 'volatile', oid: 9101 },
  ),
];
