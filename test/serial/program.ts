// Runs a random program of several sessions, statement by statement, and writes down the committed
// transactions with all that they were told, in the order in which they must have happened.
import type { Prng } from '../../src/util/prng.ts';
import type { Answer, SqlClient } from '../support/wire/sql-client.ts';
import { drawStatement } from './statements.ts';
import type { Statement } from './statements.ts';

export interface Told {
  readonly sql: string;
  readonly answer: Answer;
}

export interface Committed {
  readonly session: number;
  /** Between BEGIN and COMMIT; else it is one statement. */
  readonly isBlock: boolean;
  readonly statements: readonly Told[];
}

export interface ProgramOptions {
  readonly prng: Prng;
  readonly sessions: readonly SqlClient[];
  readonly steps: number;
  /** Of all statements. */
  readonly schemaShare: number;
}

export interface ProgramResult {
  readonly committed: readonly Committed[];
  readonly conflicts: number;
  /** Everything, for a reader. */
  readonly story: readonly string[];
}

const ISOLATION = ['serializable', 'serializable', 'repeatable read'] as const;
const SINGLE_SHARE = 0.2;
const SAVEPOINT_SHARE = 0.15;
const COMMIT_SHARE = 0.14;
const ROLLBACK_SHARE = 0.04;
const CONFLICT = 'ERROR 40001';
/** Errors of the compiler: the machine never saw the statement. */
const OF_COMPILER = /^ERROR (42|0A)/;

interface Open {
  readonly session: number;
  readonly statements: Told[];
  savepoints: number;
  hasFailed: boolean;
  hasWritten: boolean;
  /** What only reads happened when it first read; as a place among the committed. */
  readAt: number | null;
}

export class Program {
  readonly #options: ProgramOptions;
  readonly #open: (Open | null)[];
  readonly #committed: { readonly place: number; readonly transaction: Committed }[] = [];
  readonly #story: string[] = [];
  #conflicts = 0;
  /** Counts what has happened, to give places. */
  #clock = 0;

  constructor(options: ProgramOptions) {
    this.#options = options;
    this.#open = options.sessions.map(() => null);
  }

  async run(): Promise<ProgramResult> {
    const { prng, sessions, steps } = this.#options;
    for (let step = 0; step < steps; step++) await this.#step(prng.integer(sessions.length));
    for (const session of sessions.keys()) await this.#finish(session);
    const committed = this.#committed
      .sort((a, b) => a.place - b.place)
      .map(({ transaction }) => transaction);
    return { committed, conflicts: this.#conflicts, story: this.#story };
  }

  async #step(session: number): Promise<void> {
    const { prng } = this.#options;
    const open = this.#open[session] ?? null;
    if (open === null) {
      if (prng.chance(SINGLE_SHARE)) await this.#single(session);
      else await this.#begin(session);
      return;
    }
    if (open.hasFailed) return this.#recover(open);
    if (prng.chance(COMMIT_SHARE)) return this.#commit(open);
    if (prng.chance(ROLLBACK_SHARE)) return this.#rollBack(open);
    if (prng.chance(SAVEPOINT_SHARE)) return this.#savepoint(open);
    await this.#statement(open, this.#draw());
  }

  #draw(): Statement {
    return drawStatement(this.#options.prng, this.#options.schemaShare);
  }

  async #say(session: number, sql: string): Promise<Answer> {
    this.#clock += 1;
    const answer = await (this.#options.sessions[session] as SqlClient).query(sql);
    this.#story.push(`${session}: ${sql} -> ${answer}`);
    return answer;
  }

  /** A statement alone is a transaction of its own. */
  async #single(session: number): Promise<void> {
    const { sql } = this.#draw();
    const answer = await this.#say(session, sql);
    const transaction = { session, isBlock: false, statements: [{ sql, answer }] };
    this.#committed.push({ place: this.#clock, transaction });
  }

  async #begin(session: number): Promise<void> {
    const { prng } = this.#options;
    await this.#say(session, `begin isolation level ${prng.pick(ISOLATION)}`);
    this.#open[session] = {
      session,
      statements: [],
      savepoints: 0,
      hasFailed: false,
      hasWritten: false,
      readAt: null,
    };
  }

  async #statement(open: Open, { kind, sql }: Statement): Promise<void> {
    const answer = await this.#say(open.session, sql);
    open.statements.push({ sql, answer });
    if (answer.startsWith('ERROR')) open.hasFailed = true;
    if (answer === CONFLICT) {
      await this.#conflict(open);
      return;
    }
    if (kind !== 'read' && !OF_COMPILER.test(answer)) open.hasWritten = true;
    open.readAt ??= this.#clock;
  }

  async #conflict(open: Open): Promise<void> {
    this.#conflicts += 1;
    await this.#rollBack(open);
  }

  async #savepoint(open: Open): Promise<void> {
    const { prng } = this.#options;
    const what =
      open.savepoints === 0 || prng.chance(0.5)
        ? 'savepoint'
        : prng.pick(['rollback to', 'release']);
    if (what === 'savepoint') open.savepoints += 1;
    const name = `s${what === 'savepoint' ? open.savepoints : prng.between(1, open.savepoints)}`;
    if (what === 'release') open.savepoints = Number(name.slice(1)) - 1;
    if (what === 'rollback to') open.savepoints = Number(name.slice(1));
    await this.#control(open, `${what} ${name}`);
  }

  async #control(open: Open, sql: string): Promise<void> {
    const answer = await this.#say(open.session, sql);
    open.statements.push({ sql, answer });
    open.hasFailed = answer.startsWith('ERROR');
    if (answer === CONFLICT) await this.#conflict(open);
  }

  async #recover(open: Open): Promise<void> {
    if (open.savepoints === 0) return this.#rollBack(open);
    await this.#control(open, `rollback to s${open.savepoints}`);
  }

  async #rollBack({ session }: Open): Promise<void> {
    await this.#say(session, 'rollback');
    this.#open[session] = null;
  }

  async #commit(open: Open): Promise<void> {
    const { session, statements, hasWritten, readAt } = open;
    const answer = await this.#say(session, 'commit');
    this.#open[session] = null;
    if (answer === CONFLICT) this.#conflicts += 1;
    if (answer !== 'COMMIT') return;
    const place = hasWritten ? this.#clock : (readAt ?? this.#clock);
    this.#committed.push({ place, transaction: { session, isBlock: true, statements } });
  }

  async #finish(session: number): Promise<void> {
    const open = this.#open[session] ?? null;
    if (open === null) return;
    if (open.hasFailed) await this.#rollBack(open);
    else await this.#commit(open);
  }
}

/** The transactions one after the other: the first answer that is another one, in words, or null. */
export async function firstDifference(
  oracle: SqlClient,
  committed: readonly Committed[],
): Promise<string | null> {
  for (const [at, { session, isBlock, statements }] of committed.entries()) {
    if (isBlock) await oracle.query('begin isolation level serializable');
    for (const { sql, answer } of statements) {
      const alone = await oracle.query(sql);
      if (alone !== answer) {
        return `transaction ${at + 1} (session ${session}) was told ${answer} to ${sql}; one by one it is ${alone}`;
      }
    }
    const end = isBlock ? await oracle.query('commit') : 'COMMIT';
    if (end !== 'COMMIT') return `transaction ${at + 1} (session ${session}) ends in ${end}`;
  }
  return null;
}
