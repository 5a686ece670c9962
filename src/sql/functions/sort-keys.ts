// The functions behind PgType.sortKey.
import { TEXT } from '../../types/oids.ts';
import { allTypes } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { lengthOf } from './bounds.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

/** A key is made of every character of the value. */
const CHARACTERS_PER_WORK = 8;

export const SORT_KEY_FUNCTIONS: readonly FunctionSignature[] = allTypes().flatMap(
  ({ oid, sortKey, keyOf }) =>
    sortKey === null || keyOf === undefined
      ? []
      : [
          fn(
            sortKey,
            [oid],
            TEXT,
            js(sortKey, ([value = null], context) => {
              context.spend(lengthOf(value) / CHARACTERS_PER_WORK);
              return keyOf(value as NonNullable<SqliteValue>);
            }),
          ),
        ],
);
