// The functions behind PgType.sortKey.
import { countParts } from '../../types/count-parts.ts';
import { TEXT } from '../../types/oids.ts';
import { allTypes } from '../../types/registry.ts';
import type { SqliteValue } from '../../types/sqlite-value.ts';
import { lengthOf } from './bounds.ts';
import { fn, js } from './builders.ts';
import type { FunctionSignature } from './signature.ts';

/** A key is made of every character of the value. */
const CHARACTERS_PER_WORK = 8;
/** The key of a value is some buffers. */
const KEY_WORK = 3;

export const SORT_KEY_FUNCTIONS: readonly FunctionSignature[] = allTypes().flatMap(
  ({ oid, sortKey, keyOf, hasParts = false }) =>
    sortKey === null || keyOf === undefined
      ? []
      : [
          fn(
            sortKey,
            [oid],
            TEXT,
            js(sortKey, ([value = null], context) => {
              context.spend(lengthOf(value) / CHARACTERS_PER_WORK);
              if (hasParts) context.spend(KEY_WORK * countParts(String(value)));
              return keyOf(value as NonNullable<SqliteValue>);
            }),
          ),
        ],
);
