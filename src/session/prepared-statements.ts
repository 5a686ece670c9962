// The named statements of a session: those of Parse and those of PREPARE are the same (PG: prepare.c).
// They are no part of a transaction.
import { PgError } from '../errors/pg-error.ts';
import type { PreparedStatementFacts } from '../sql/functions/prepared-statements.ts';
import type { PreparedStatement } from './prepared-statement.ts';

/** Microseconds since 2000-01-01 UTC, as timestamptz is stored. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

interface Named {
  readonly statement: PreparedStatement;
  readonly isFromSql: boolean;
  readonly sinceMs: number;
}

export class PreparedStatements {
  /** The one without a name belongs to the extended protocol. */
  readonly #statements = new Map<string, Named>();

  /** Throws 26000. */
  get(name: string): PreparedStatement {
    const named = this.#statements.get(name);
    if (named !== undefined) return named.statement;
    throw missing(name);
  }

  /** Throws 42P05. */
  refuseTaken(name: string): void {
    if (name === '' || !this.#statements.has(name)) return;
    throw new PgError('42P05', `prepared statement "${name}" already exists`);
  }

  set(name: string, statement: PreparedStatement, isFromSql: boolean): void {
    this.#statements.set(name, { statement, isFromSql, sinceMs: Date.now() });
  }

  /** Close does not mind if there is none. */
  delete(name: string): void {
    this.#statements.delete(name);
  }

  /** null: all that have a name. Throws 26000. */
  deallocate(name: string | null): void {
    if (name !== null) {
      if (!this.#statements.delete(name)) throw missing(name);
      return;
    }
    for (const each of [...this.#statements.keys()]) if (each !== '') this.delete(each);
  }

  /** JSON: a list of PreparedStatementFacts. */
  facts(): string {
    const facts = [...this.#statements].flatMap(([name, each]): PreparedStatementFacts[] => {
      if (name === '') return [];
      const { statement, isFromSql, sinceMs } = each;
      const { parsed, parameterTypes } = statement;
      const since = String(BigInt(sinceMs - EPOCH_MS) * 1000n);
      return [{ name, statement: parsed?.source ?? '', since, parameterTypes, isFromSql }];
    });
    return JSON.stringify(facts);
  }
}

function missing(name: string): PgError {
  const which = name === '' ? 'unnamed prepared statement' : `prepared statement "${name}"`;
  return new PgError('26000', `${which} does not exist`);
}
