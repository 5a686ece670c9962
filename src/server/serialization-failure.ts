// 40001: a transaction cannot take effect as its client was told it would, in Postgres' words, with
// what came between.
import type { Catalog } from '../catalog/catalog.ts';
import { PgError } from '../errors/pg-error.ts';
import type { Entry } from './transaction-entry.ts';

const RETRY_HINT = 'The transaction might succeed if retried.';

/** The statements mean something else by now. */
export function schemaChanged(): PgError {
  return new PgError('40001', 'could not serialize access due to a concurrent schema change', {
    hint: RETRY_HINT,
  });
}

export function rowHeld(): PgError {
  return concurrentUpdate('Another transaction has locked a row since this one has changed it.');
}

export function otherRowsEachTime(): PgError {
  return concurrentUpdate('The statement met other rows to lock each time.');
}

/** `entry`: the statement of that number; null: it is not in memory. */
export function otherResult(statement: number, entry: Entry | null, catalog: Catalog): PgError {
  const which = `Statement ${statement + 1} of the transaction${describe(entry, catalog)}`;
  return concurrentUpdate(
    `${which} would give another result by now: another transaction has changed what it saw.`,
  );
}

function describe(entry: Entry | null, catalog: Catalog): string {
  if (entry === null) return '';
  const tables = entry.recorded.reads
    .map((oid) => catalog.relationByOid(oid)?.name)
    .filter((name) => name !== undefined)
    .map((name) => `"${name}"`);
  return `, ${entry.name}${tables.length === 0 ? '' : ` on ${tables.join(', ')}`},`;
}

function concurrentUpdate(detail: string): PgError {
  return new PgError('40001', 'could not serialize access due to concurrent update', {
    detail,
    hint: RETRY_HINT,
  });
}
