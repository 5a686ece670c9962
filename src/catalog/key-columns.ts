// Columns that keys of other tables may refer to.
import type { Relation } from './catalog.ts';

/** One of the columns, by their numbers, is in such a key: to change it takes a stronger lock. */
export function isInKey({ indexes }: Relation, numbers: readonly number[]): boolean {
  return indexes.some(
    ({ isUnique, predicateText, columns }) =>
      isUnique && predicateText === null && columns.some(({ column }) => numbers.includes(column)),
  );
}
