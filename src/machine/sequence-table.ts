// Where sequences are: one row each in a table of the machine, their options in the catalog.
import { PgError } from '../errors/pg-error.ts';
import type { Oid } from '../types/pg-type.ts';
import type { Database } from './database.ts';
import type { Sequence, SequencePosition, SequenceStore } from './sequence-values.ts';

const LOAD = `SELECT relname, relkind, seqincrement, seqmin, seqmax, seqcycle, last_value, is_called
  FROM "pg_catalog.pg_class" AS class
  LEFT JOIN "pg_catalog.pg_sequence" ON seqrelid = class.oid
  LEFT JOIN "balsa.sequence" AS position ON position.oid = class.oid
  WHERE class.oid = ?`;
const SAVE = 'UPDATE "balsa.sequence" SET last_value = ?, is_called = ? WHERE oid = ?';

export class SequenceTable implements SequenceStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  load(oid: Oid): Sequence | PgError {
    const [row] = this.#database.rows(LOAD, [BigInt(oid)]);
    if (row === undefined) return new PgError('XX000', `could not open relation with OID ${oid}`);
    const [name, kind, increment, min, max, isCycle, lastValue, isCalled] = row;
    if (kind !== 'S') return new PgError('42809', `"${String(name)}" is not a sequence`);
    return {
      name: String(name),
      increment: increment as bigint,
      min: min as bigint,
      max: max as bigint,
      isCycle: isCycle === 1n,
      lastValue: lastValue as bigint,
      isCalled: isCalled === 1n,
    };
  }

  save(oid: Oid, { lastValue, isCalled }: SequencePosition): void {
    this.#database.run(SAVE, [lastValue, isCalled ? 1n : 0n, BigInt(oid)]);
  }
}
