// The functions behind PgType.sortKey.
import { TEXT } from '../../types/oids.ts';
import { allTypes } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

export const SORT_KEY_FUNCTIONS: readonly FunctionSignature[] = allTypes().flatMap(
  ({ oid, sortKey, keyOf }) =>
    sortKey === null || keyOf === undefined
      ? []
      : [
          fn(
            sortKey,
            [oid],
            TEXT,
            js(sortKey, ([value]) => keyOf(value as NonNullable<SqliteValue>)),
          ),
        ],
);
