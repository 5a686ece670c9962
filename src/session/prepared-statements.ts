// The named statements of a session: those of Parse and those of PREPARE are the same (PG: prepare.c).
// They are no part of a transaction.
import { PgError } from '../errors/pg-error.ts';
import type { PreparedStatementFacts } from '../sql/functions/prepared-statements.ts';
import type { Kept } from './kept.ts';
import type { PreparedStatement } from './prepared-statement.ts';

/** Microseconds since 2000-01-01 UTC, as timestamptz is stored. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** Of EXECUTE within EXECUTE. */
const DEPTH_MAX = 100;

interface Named {
  readonly statement: PreparedStatement;
  readonly isFromSql: boolean;
  readonly sinceMs: number;
}

export class PreparedStatements {
  /** The one without a name belongs to the extended protocol. */
  readonly #statements = new Map<string, Named>();
  readonly #kept: Kept;
  #depth = 0;

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  /** Throws 26000. */
  get(name: string): PreparedStatement {
    const named = this.#statements.get(name);
    if (named !== undefined) return named.statement;
    throw missing(name);
  }

  /** A statement that names another is compiled with it. Throws 54001 if that goes on and on. */
  nested<Result>(compile: () => Result): Result {
    if (this.#depth >= DEPTH_MAX) throw tooDeep();
    this.#depth += 1;
    try {
      return compile();
    } finally {
      this.#depth -= 1;
    }
  }

  /** Throws 42P05. */
  refuseTaken(name: string): void {
    if (name === '' || !this.#statements.has(name)) return;
    throw new PgError('42P05', `prepared statement "${name}" already exists`);
  }

  /** Throws 53200. */
  set(name: string, statement: PreparedStatement, isFromSql: boolean): void {
    if (name !== '') this.#kept.keep(statement, bytesOf(statement));
    this.#statements.set(name, { statement, isFromSql, sinceMs: Date.now() });
  }

  /** Close does not mind if there is none. */
  delete(name: string): void {
    const named = this.#statements.get(name);
    if (named !== undefined) this.#kept.drop(named.statement);
    this.#statements.delete(name);
  }

  /** Gives what brings back the statement of the name as it is now, or that there is none. */
  keep(name: string): () => void {
    const kept = this.#statements.get(name);
    return () => {
      this.delete(name);
      if (kept !== undefined) this.#statements.set(name, kept);
    };
  }

  /** null: all that have a name. Throws 26000. */
  deallocate(name: string | null): void {
    if (name !== null) {
      this.get(name);
      this.delete(name);
      return;
    }
    for (const each of [...this.#statements.keys()]) if (each !== '') this.delete(each);
  }

  /** JSON: a list of PreparedStatementFacts. */
  facts(): string {
    const facts = [...this.#statements].flatMap(([name, each]): PreparedStatementFacts[] => {
      if (name === '') return [];
      const { statement, isFromSql, sinceMs } = each;
      const { source, parameterTypes } = statement;
      const since = String(BigInt(sinceMs - EPOCH_MS) * 1000n);
      return [{ name, statement: source, since, parameterTypes, isFromSql }];
    });
    return JSON.stringify(facts);
  }
}

/** As measured: its plan, and its tree if the text is not long. */
function bytesOf({ source }: PreparedStatement): number {
  return 4096 + 3 * source.length;
}

function tooDeep(): PgError {
  return new PgError('54001', 'stack depth limit exceeded', {
    hint: `Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.`,
  });
}

function missing(name: string): PgError {
  const which = name === '' ? 'unnamed prepared statement' : `prepared statement "${name}"`;
  return new PgError('26000', `${which} does not exist`);
}
